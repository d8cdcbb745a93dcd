import { delay, map, of, take, tap, type Observable } from 'rxjs';
import { ConnectionError } from '../../src/codecs/lance/errors.js';
import { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { indexRecords } from '../../src/codecs/lance/index-records.js';
import type { LanceRecord } from '../../src/codecs/lance/record.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import type { LanceClientOptions } from '../../src/observables/lance/connection/client-options.js';
import type { ConsumeOptions } from '../../src/observables/lance/consuming/consume-options.js';
import type { LanceStream } from '../../src/observables/lance/consuming/lance-stream.js';
import type { OffsetStore } from '../../src/observables/lance/stores/offset-store.js';
import { marbles, tlv, Watch } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { SlowStore } from './slow-store.js';

/** Ten records of 20 bytes in one batch. */
function oneBatch(client: LanceClientOptions = {}): LanceRig {
  const rig = lanceRig({ client });
  rig.append('log', ...Array.from({ length: 10 }, (_, i) => String(i).padStart(15, '0')));
  return rig;
}

function streamOf(rig: LanceRig, store: OffsetStore, options: ConsumeOptions = {}): LanceStream {
  return rig.client.consume('log', { name: 'reader', offsetStore: store, ...options });
}

const deliveriesOf = (stream: Observable<Delivery<RecordBatch>>): Watch<Delivery<LanceRecord>> =>
  new Watch(stream.pipe(records()));

/** The value twice, at positions of its own. */
function batchOf(value: Uint8Array): RecordBatch {
  const bytes = tlv(value, value);
  return new RecordBatch(bytes, indexRecords(bytes, 0, bytes.length, 100).offsets, 0, bytes.length);
}

const numberIn = (record: LanceRecord): number => Number(record.text());

describe('records(): positions inside batches', () => {
  it('are stored by time, behind the last record before which all are settled', () => {
    marbles(function* ({ expectRecording }) {
      const store = new SlowStore();
      const seen = deliveriesOf(streamOf(oneBatch(), store));
      expectRecording(store).toBe('500ms - 4999ms p 4999ms q 4999ms r', { p: 60, q: 80, r: 180 });
      yield 500;
      for (const index of [0, 1, 2, 5]) seen.at(index).ack();
      yield 5_000;
      // Another one behind the gap moves nothing.
      seen.at(6).ack();
      seen.at(3).ack();
      yield 5_000;
      for (const index of [8, 7, 4]) seen.at(index).ack();
      yield 5_100;
      seen.unsubscribe();
    });
  });

  it('when the reader leaves: the next one begins with the first record that is not settled', () => {
    marbles(function* ({ expectRecording }) {
      const rig = oneBatch();
      const store = new SlowStore();
      expectRecording(store).toBe('500ms (p)', { p: 60 });
      const seen = deliveriesOf(streamOf(rig, store));
      yield 500;
      for (const index of [0, 1, 2, 4]) seen.at(index).ack();
      seen.unsubscribe();
      yield 100;
      const again = deliveriesOf(streamOf(rig, store));
      yield 500;
      expect(again.values.map(({ value }) => numberIn(value))).toEqual([3, 4, 5, 6, 7, 8, 9]);
      again.unsubscribe();
    });
  });

  it('take(n) of records that are acked one by one goes on behind the last but one', () => {
    marbles(function* ({ watch }) {
      const rig = oneBatch();
      const store = new SlowStore();
      const seen: number[][] = [];
      for (let i = 0; i < 3; i++) {
        const three = watch(streamOf(rig, store).pipe(records(), autoAck(), take(4), map(numberIn)));
        yield 500;
        seen.push(three.values);
      }
      // As everywhere, what `take` ends with is repeated.
      expect(seen).toEqual([
        [0, 1, 2, 3],
        [3, 4, 5, 6],
        [6, 7, 8, 9],
      ]);
    });
  });

  it('work settles before it emits: take(n) behind it repeats nothing', () => {
    marbles(function* ({ watch }) {
      const rig = oneBatch();
      const store = new SlowStore();
      const seen: number[] = [];
      for (let i = 0; i < 3; i++) {
        const three = watch(
          streamOf(rig, store).pipe(
            records(),
            work((record) => of(numberIn(record)), { concurrency: 1 }),
            take(3),
          ),
        );
        yield 500;
        seen.push(...three.values);
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    });
  });

  it('a record that waits to come again, or for the dead letters, holds them', () => {
    marbles(function* ({ expectRecording }) {
      const rig = oneBatch();
      const store = new SlowStore();
      expectRecording(store).toBe('500ms - 4999ms p 5099ms q', { p: 20, q: 120 });
      const seen = deliveriesOf(streamOf(rig, store, { deadLetters: { topic: 'dead' } }));
      yield 500;
      seen.at(0).ack();
      seen.at(1).nack({ delayMs: 7_000 });
      seen.at(2).ack();
      seen.at(3).ack();
      seen.at(4).dead({ reason: 'bad' });
      seen.at(5).ack();
      yield 7_500;
      expect(numberIn(seen.at(10).value)).toBe(1);
      seen.at(10).ack();
      yield 2_600;
      seen.unsubscribe();
    });
  });

  it('stay where they are once the batch itself is nacked, though its last letter is written after that', () => {
    marbles(function* ({ expectRecording }) {
      const store = new SlowStore();
      const stream = streamOf(oneBatch(), store, { deadLetters: (letter) => of(letter).pipe(delay(50)) });
      expectRecording(store).toBe('5500ms p', { p: 180 });
      const batches: Delivery<RecordBatch>[] = [];
      const seen = deliveriesOf(stream.pipe(tap((batch) => batches.push(batch))));
      yield 500;
      for (const delivery of seen.values.slice(0, 9)) delivery.ack();
      seen.at(9).dead();
      expect(batches[0]?.nack({ delayMs: 10_000 })).toBe('settled');
      yield 100;
      expect(stream.metrics().position).toBe(180n);
      yield 5_000;
      seen.unsubscribe();
    });
  });

  it('lie at its end at most while the whole batch is on its way to the dead letters', () => {
    marbles(function* () {
      const store = new SlowStore();
      const stream = streamOf(oneBatch(), store, { deadLetters: (letter) => of(letter).pipe(delay(50)) });
      const batches: Delivery<RecordBatch>[] = [];
      const seen = deliveriesOf(stream.pipe(tap((batch) => batches.push(batch))));
      yield 500;
      for (const delivery of seen.values.slice(0, 9)) delivery.ack();
      seen.at(9).dead();
      expect(batches[0]?.dead()).toBe('settled');
      yield 100;
      expect(stream.metrics().position).toBe(200n);
      yield 500;
      expect(stream.fate().dead).toBe(1);
      seen.unsubscribe();
    });
  });

  it('a reader of a tail that leaves while its last letter is written leaves the others their stream', () => {
    marbles(function* ({ watch }) {
      const rig = lanceRig();
      rig.server.createTopic('log');
      const stream = rig.client.tail('log', { deadLetters: (letter) => of(letter).pipe(delay(50)) });
      const leaving = watch(stream.pipe(records()));
      yield 500;
      rig.append('log', 'a', 'b');
      yield 100;
      leaving.at(0).ack();
      leaving.at(1).dead();
      const staying = watch(stream.pipe(records()));
      leaving.unsubscribe();
      yield 60;
      expect(stream.metrics().position).toBe(6n);
      yield 100;
      expect(staying.values.map(({ value }) => value.text())).toEqual(['a', 'b']);
      staying.unsubscribe();
    });
  });

  it('while a drain goes on a nack is final: positions stay before it', () => {
    marbles(function* ({ watch, expectRecording }) {
      const store = new SlowStore();
      const stream = streamOf(oneBatch(), store);
      const seen = deliveriesOf(stream);
      expectRecording(store).toBe('500ms (p)', { p: 60 });
      yield 500;
      const drained = watch(stream.drain());
      for (const [index, delivery] of seen.values.entries()) {
        if (index === 3) delivery.nack();
        else delivery.ack();
      }
      yield 10;
      expect([drained.ended, seen.ended]).toEqual(['complete', 'complete']);
    });
  });

  it('a stream without a name goes on there, too, after an error', () => {
    marbles(function* ({ watch }) {
      const rig = oneBatch({ reconnect: { jitter: 'none', maxAttempts: 1 } });
      const stream = rig.client.consume('log');
      const failing = deliveriesOf(stream);
      yield 500;
      for (const index of [0, 1, 2, 3, 6]) failing.at(index).ack();
      rig.stop();
      yield 500;
      expect(failing.error).toBeInstanceOf(ConnectionError);
      rig.start();
      const again = watch(stream.pipe(records(), autoAck(), map(numberIn)));
      yield 500;
      expect(again.values).toEqual([4, 5, 6, 7, 8, 9]);
      again.unsubscribe();
    });
  });

  it('a batch that was made of another has its own: then they move by batches', () => {
    marbles(function* ({ expectRecording }) {
      const store = new SlowStore();
      expectRecording(store).toBe('500ms -');
      const shifted = streamOf(oneBatch(), store).pipe(mapDelivery((batch) => batchOf(batch.copy(7))));
      const seen = new Watch(shifted.pipe(records()));
      yield 500;
      expect(seen.values.map(({ value }) => [value.text(), value.position])).toEqual([
        ['000000000000007', 0n],
        ['000000000000007', 20n],
      ]);
      seen.at(0).ack();
      seen.unsubscribe();
    });
  });

  it('position$ and lag$ move with the records', () => {
    marbles(function* ({ watch }) {
      const stream = oneBatch().client.consume('log');
      const at = watch(stream.position$);
      const lags = watch(stream.lag$);
      const seen = deliveriesOf(stream);
      yield 500;
      seen.at(1).ack();
      yield 1;
      seen.at(0).ack();
      yield 1;
      seen.at(2).ack();
      yield 1;
      expect(at.values).toEqual([0n, 40n, 60n]);
      yield 2_000;
      expect(lags.values.at(-1)).toBe(140n);
      for (const each of [at, lags, seen]) each.unsubscribe();
    });
  });
});
