import { delay, map, take, tap, type Observable } from 'rxjs';
import { indexRecords } from '../../src/codecs/lance/index-records.js';
import { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { encodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import type { PayloadCodec } from '../../src/codecs/payload/codec.js';
import { json } from '../../src/codecs/payload/json.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { drainAt, NO_FATES } from './support/draining.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** `a` becomes a batch of the records a, b and c; `d` one of d, e and f. */
function batchOf<V = Uint8Array>(first: string, codec?: PayloadCodec<V>): RecordBatch<V> {
  const texts = [0, 1, 2].map((at) => String.fromCharCode(first.charCodeAt(0) + at));
  const bytes = encodeRecords(texts.map((text) => TlvRecord.raw(new TextEncoder().encode(text))));
  return new RecordBatch(bytes, indexRecords(bytes, 0, bytes.length, 100).offsets, 0, bytes.length, codec);
}

const batches = (log: ScriptedLog): Observable<Delivery<RecordBatch>> =>
  log.stream.pipe(mapDelivery((first) => batchOf(first)));

describe('records', () => {
  it('makes plain records of plain batches', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('adg', { latencyMs: 5 });
      const texts = batches(log).pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
      );

      expectObservable(texts).toBe('-----(abc)(def)(ghi|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 3, acked: 3 });
    });
  });

  it('settles a batch when all its records are settled, in whatever order', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const deliveries: Delivery<unknown>[] = [];
      batches(log)
        .pipe(records())
        .subscribe((delivery) => deliveries.push(delivery));
      flush();
      const acked = [2, 0, 0, 1].map((at) => [deliveries[at]?.ack(), log.stream.fate().acked]);
      expect(acked).toEqual([
        ['settled', 0],
        ['settled', 0],
        ['again', 0],
        ['settled', 1],
      ]);
    });
  });

  it('records of a batch share its place in the window', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('adg', { latencyMs: 3, window: { deliveries: 1 } });
      const texts = batches(log).pipe(
        records(),
        work((record) => later(5, record.text()), { concurrency: 2 }),
      );
      // Two at a time; the next batch is asked for when the third record is done.
      const expected = '3ms 5ms (ab)-c 7ms (de)-f 7ms (gh)-(i|)';

      expectObservable(texts).toBe(expected);
    });
  });

  it('take ends it in the middle of a batch, which is abandoned as a whole', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ad', { latencyMs: 5 });
      const texts = batches(log).pipe(
        records(),
        ack(),
        map((record) => record.text()),
        take(4),
      );

      expectObservable(texts).toBe('-----(abc)(d|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
      expect(log.position).toBe(1);
    });
  });

  it('a nacked record comes again alone; the batch waits for it', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a');
      const texts = batches(log).pipe(
        records(),
        tap((delivery) => {
          if (delivery.value.text() === 'b' && delivery.attempt === 1) delivery.nack({ delayMs: 10 });
          else delivery.ack();
        }),
        map(({ value, attempt }) => `${value.text()}${attempt}`),
      );
      const values = { a: 'a1', b: 'b1', c: 'c1', B: 'b2' };

      expectObservable(texts).toBe('-(abc)-----(B|)', values);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 1, acked: 1, nacked: 0 });
    });
  });

  it('while the stream drains, a nack of a record is final', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const reports = drainAt(log, 3);
      const texts = batches(log).pipe(
        records(),
        delay(5),
        tap((delivery) => {
          if (delivery.value.text() === 'b') delivery.nack({ delayMs: 10 });
          else delivery.ack();
        }),
        map(({ value }) => value.text()),
      );

      expectObservable(texts).toBe('------(abc|)');
      flush();
      expect(reports).toEqual([[6, { ...NO_FATES, delivered: 1, nacked: 1 }]]);
      expect(log.position).toBe(0);
    });
  });

  it('a record that was nacked before a drain does not come again in it', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const reports = drainAt(log, 5);
      const texts = batches(log).pipe(
        records(),
        tap((delivery) => {
          if (delivery.value.text() === 'b') delivery.nack({ delayMs: 10 });
          else delivery.ack();
        }),
        map(({ value }) => value.text()),
      );

      expectObservable(texts).toBe('-(abc)-----|');
      flush();
      expect(reports).toEqual([[11, { ...NO_FATES, delivered: 1, nacked: 1 }]]);
    });
  });

  it('a record that can not be decoded is not tried again; the others of its batch are worked on', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { dead: 'done' });
      const tries: string[] = [];
      const values = log.stream.pipe(
        mapDelivery((first) => batchOf(first, json())),
        records(),
        work((record, { attempt }) => {
          tries.push(`${record.text()}${attempt}`);
          return record.value;
        }),
      );
      // The texts a, b and c are no JSON.
      expectObservable(values).toBe('-|');
      flush();
      expect(tries).toEqual(['a1', 'b1', 'c1']);
      expect(log.stream.fate()).toMatchObject({ delivered: 1, acked: 1 });
    });
  });
});
