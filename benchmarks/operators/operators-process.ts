import { filter, lastValueFrom, map, Observable, scan, take, takeWhile, tap, type OperatorFunction } from 'rxjs';
import { autoAck, records } from 'sluice';
import { LanceClient, RecordBatch } from 'sluice/lance';
import { RecordPool } from '../clients/record-pool.js';
import { SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';
import { serveQuestions } from '../harness/questions.js';
import { memoryFeed } from './memory-feed.js';
import type { OperatorFigures, OperatorQuestion } from './messages.js';

const BATCH_BYTES = 1 << 20;
const TLV_HEADER_BYTES = 5;
const topic: TopicPlan = { name: 'records-100', id: 1, recordBytes: 100, alignedTo: BATCH_BYTES };
/** Emissions that are so cheap need many of them. */
const EMISSIONS_PER_BATCH = 2000;

const feed = memoryFeed(topic);
const batches = cut(new SyntheticTopic(topic), 8);
const perBatch = batches[0]!.length;
/** Whatever is done with a record is added here, so that it must be done. */
let kept = 0;

serveQuestions(async (question: OperatorQuestion): Promise<OperatorFigures> => {
  await round(question);
  const all: Awaited<ReturnType<typeof round>>[] = [];
  for (let count = 0; count < question.rounds; count++) all.push(await round(question));
  const column = (name: keyof OperatorFigures): number[] => all.map((figures) => figures[name]);
  return {
    flattened: column('flattened'),
    withTwo: column('withTwo'),
    five: column('five'),
    batch: column('batch'),
    poured100: column('poured100'),
    poured1024: column('poured1024'),
  };
});

async function round({ batches: count }: OperatorQuestion): Promise<Record<keyof OperatorFigures, number>> {
  const loop = cpu(() => emit(count).subscribe(readAll)) / count / perBatch;
  const flat = cpu(() => emit(count).pipe(records()).subscribe(readOne)) / count / perBatch;
  const two =
    cpu(() =>
      emit(count)
        .pipe(records(), ...mapAndFilter)
        .subscribe(readOne),
    ) /
    count /
    perBatch;
  const emissions = count * EMISSIONS_PER_BATCH;
  const none = cpu(() => emit(emissions).subscribe(readLength)) / emissions;
  const five = cpu(() => through(emit(emissions)).subscribe(readLength)) / emissions;
  return {
    flattened: flat - loop,
    withTwo: two - loop,
    five: five - none,
    batch: await consumed(count * 2),
    poured100: await poured(100, count * 2),
    poured1024: await poured(1024, count * 2),
  };
}

function readAll(batch: RecordBatch): void {
  for (let at = 0; at < batch.length; at++) kept += batch.type(at);
}

function readOne(record: { readonly type: number }): void {
  kept += record.type;
}

function readLength(batch: RecordBatch): void {
  kept += batch.length;
}

type RecordOf = ReturnType<RecordBatch['record']>;
const mapAndFilter: [OperatorFunction<RecordOf, RecordOf>, OperatorFunction<RecordOf, RecordOf>] = [
  map((record) => record),
  filter((record) => record.type > 0),
];

function through(source: Observable<RecordBatch>): Observable<RecordBatch> {
  return source.pipe(
    map((batch) => batch),
    filter((batch) => batch.length > 0),
    tap((batch) => (kept += batch.byteLength)),
    scan((_, batch) => batch),
    map((batch) => batch),
  );
}

function emit(count: number): Observable<RecordBatch> {
  return new Observable((subscriber) => {
    for (let at = 0; at < count; at++) subscriber.next(batches[at % batches.length]!);
    subscriber.complete();
  });
}

/** Per batch. */
async function consumed(count: number): Promise<number> {
  const lance = new LanceClient({ connector: feed });
  const before = process.cpuUsage();
  await lastValueFrom(lance.consume(topic.name, { from: 'beginning' }).pipe(autoAck(), tap(readLength), take(count)));
  const spent = since(before);
  await lastValueFrom(lance.close());
  return spent / count;
}

/** Per record, until about as many mebibytes are acknowledged. */
async function poured(recordBytes: number, mebibytes: number): Promise<number> {
  const lance = new LanceClient({ connector: feed });
  const values = new RecordPool({ ...topic, recordBytes }).endless();
  const before = process.cpuUsage();
  let count = 0;
  await lastValueFrom(
    lance
      .sink<Uint8Array>(topic.name)(values)
      .pipe(
        tap(({ records }) => (count += records)),
        takeWhile(() => count * recordBytes < mebibytes * BATCH_BYTES),
      ),
  );
  const spent = since(before);
  await lastValueFrom(lance.close());
  return spent / count;
}

function cpu(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return since(before);
}

/** Nanoseconds of this process's CPU. */
function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

function cut(source: SyntheticTopic, count: number): RecordBatch[] {
  return Array.from({ length: count }, (_, window) => {
    const buffer = Buffer.alloc(BATCH_BYTES);
    source.copy(window * BATCH_BYTES, BATCH_BYTES, buffer, 0);
    const offsets = [0];
    for (let at = 0; at < BATCH_BYTES;) {
      at += TLV_HEADER_BYTES + buffer.readUInt32LE(at + 1);
      offsets.push(at);
    }
    const start = window * BATCH_BYTES;
    return new RecordBatch(buffer, Uint32Array.from(offsets), start, start + BATCH_BYTES);
  });
}
