import { concat, interval, map, NEVER, of, Subject, takeUntil, tap, type ObservableInput } from 'rxjs';
import { ConnectionError } from '../../src/codecs/lance/errors.js';
import type { PayloadCodec } from '../../src/codecs/payload/codec.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { SinkOptions, SinkReceipt } from '../../src/observables/lance/producing/sink.js';
import { marbles, Watch } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { Counted } from './counted.js';
import { storedIn } from './producing.js';

function newRig(): LanceRig {
  const rig = lanceRig({ ackDelayMs: 5 });
  rig.server.createTopic('log');
  return rig;
}

const pour = (rig: LanceRig, source: ObservableInput<string>, options: SinkOptions<string> = {}): Watch<SinkReceipt> =>
  new Watch(rig.client.sink<string>('log', options)(source));

const taken = ({ values }: Watch<SinkReceipt>): number => values.reduce((sum, receipt) => sum + receipt.records, 0);

describe('client.close() and a sink', () => {
  it('a source that has ended: waits for its acknowledgements, and the sink completes', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const receipts = pour(rig, ['a', 'b']);
      yield 50;
      const closed = watch(rig.client.close());
      yield 100;
      expect([receipts.ended, closed.ended]).toEqual(['complete', 'complete']);
      expect(closed.endedAtMs).toBe(receipts.endedAtMs);
      expect(storedIn(rig)).toEqual(['a', 'b']);
    });
  });

  it('a source that could go on is told to stop; what was taken is written; the sink errors', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const source = new Counted(95, 1_000_000);
      const receipts = pour(rig, source, { batchSize: 1000, maxPendingAcks: 2 });
      yield 300;
      const closed = watch(rig.client.close());
      expect(source.returned).toBe(true);
      const { taken: before } = source;
      yield 2_000;
      expect([closed.ended, source.taken]).toEqual(['complete', before]);
      expect(receipts.error).toBeInstanceOf(ConnectionError);
      expect(receipts.error).toMatchObject({ retryable: false });
      expect((receipts.error as Error).message).toContain('before the source had ended');
      expect(taken(receipts)).toBe(before);
      expect(storedIn(rig)).toHaveLength(before);
      expect(rig.wire.open).toBe(0);
    });
  });

  it('a value that waits for room is written too', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const receipts = pour(rig, new Counted(595, 1000), { bufferBytes: 1000 });
      yield 300;
      watch(rig.client.close());
      yield 1_000;
      expect(receipts.ended).toBe('error');
      const stored = storedIn(rig);
      expect(stored).toHaveLength(taken(receipts));
      expect(stored).toEqual([...new Counted(595, stored.length)]);
    });
  });

  it.each([7, 30, 61, 100])('closed while value %i is being encoded: that one is the last, and whole', (last) => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      let encoded = 0;
      const codec: PayloadCodec<string> = {
        name: 'counted',
        encode: (value) => {
          if (++encoded === last) watch(rig.client.close());
          return Buffer.from(value);
        },
        decode: (bytes) => Buffer.from(bytes).toString(),
      };
      const source = new Counted(95, 1_000_000);
      const receipts = pour(rig, source, { batchSize: 3000, maxPendingAcks: 2, codec });
      yield 1_000;
      expect([receipts.ended, source.taken, source.returned]).toEqual(['error', last, true]);
      expect(storedIn(rig)).toEqual([...new Counted(95, last)]);
      expect(taken(receipts)).toBe(last);
    });
  });

  it('unsubscribed while a value is being encoded: nothing more is taken from the source', () => {
    marbles(function* () {
      const rig = newRig();
      const source = new Counted(95, 1_000_000);
      const leaving = new Subject<void>();
      const codec: PayloadCodec<string> = {
        name: 'leaving',
        encode: (value) => {
          if (source.taken === 50) leaving.next();
          return Buffer.from(value);
        },
        decode: (bytes) => Buffer.from(bytes).toString(),
      };
      const receipts = rig.client.sink<string>('log', { batchSize: 3000, codec })(source);
      receipts.pipe(takeUntil(leaving)).subscribe();
      yield 1_000;
      expect([source.taken, source.returned]).toEqual([50, true]);
    });
  });

  it('an Observable is unsubscribed from', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      let ended = false;
      const source = interval(10).pipe(map(String), tap({ unsubscribe: () => (ended = true) }));
      const receipts = pour(rig, source);
      yield 205;
      watch(rig.client.close());
      expect(ended).toBe(true);
      yield 100;
      expect(receipts.ended).toBe('error');
      expect(taken(receipts)).toBe(20);
    });
  });

  it('an Observable that has nothing to say holds nothing up', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const receipts = pour(rig, concat(of('a'), NEVER));
      yield 200;
      const closed = watch(rig.client.close());
      expect([receipts.ended, closed.ended]).toEqual(['error', 'complete']);
    });
  });

  it('an async iterable whose answer is out is not waited for', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      let returned = 0;
      const silent = { next: () => ({ then: () => {} }), return: () => returned++ };
      const receipts = pour(rig, { [Symbol.asyncIterator]: () => silent } as never);
      yield 200;
      const closed = watch(rig.client.close());
      expect([receipts.ended, closed.ended, returned]).toEqual(['error', 'complete', 1]);
    });
  });

  it('an async iterable that rejects what is out when it is told: what was taken is written', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      let reject = (_error: unknown): void => {};
      const first = { then: (answer: (step: unknown) => void) => answer({ value: 'a' }) };
      const second = { then: (_: unknown, rejected: typeof reject) => (reject = rejected) };
      const steps = [first, second];
      const source = { next: () => steps.shift(), return: () => reject(new Error('aborted')) };
      const receipts = pour(rig, { [Symbol.asyncIterator]: () => source } as never);
      yield 5;
      const closed = watch(rig.client.close());
      yield 500;
      expect(closed.ended).toBe('complete');
      expect(storedIn(rig)).toEqual(['a']);
      expect((receipts.error as Error).message).toContain('before the source had ended');
    });
  });

  it('an iterator that throws when it is told: what was taken is written, the sink errors with that, the others stop', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const steps = {
        next: () => ({ value: 'x'.repeat(95) }),
        return: () => {
          throw new Error('busy');
        },
      };
      const stubborn = { [Symbol.iterator]: () => steps };
      const other = new Counted(95, 1_000_000);
      const both = [stubborn, other].map((source) => pour(rig, source, { batchSize: 1000, maxPendingAcks: 1 }));
      yield 300;
      const closed = watch(rig.client.close());
      yield 2_000;
      expect([closed.ended, other.returned, rig.wire.open]).toEqual(['complete', true, 0]);
      expect(both.map(({ error }) => (error as Error).message)).toEqual([
        'busy',
        expect.stringContaining('before the source had ended'),
      ]);
      expect(storedIn(rig)).toHaveLength(taken(both[0]!) + taken(both[1]!));
    });
  });

  it('closed by the source itself', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      let returned = false;
      function* source(): Generator<string> {
        try {
          yield 'a';
          watch(rig.client.close());
          yield 'b';
        } finally {
          returned = true;
        }
      }
      const receipts = pour(rig, source());
      yield 500;
      expect((receipts.error as Error).message).toContain('before the source had ended');
      expect([returned, storedIn(rig)]).toEqual([true, ['a']]);
    });
  });

  it('lingering batches are sent at once', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const source = new Subject<string>();
      const receipts = pour(rig, source, { batching: 'linger', lingerMs: 60_000 });
      source.next('a');
      yield 200;
      watch(rig.client.close());
      yield 100;
      expect(receipts.ended).toBe('error');
      expect(storedIn(rig)).toEqual(['a']);
    });
  });

  it('lingering, and a value waits for room: neither that nor the batch before it is waited for', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const lingering: SinkOptions<string> = { batching: 'linger', lingerMs: 60_000, bufferBytes: 250 };
      const source = new Counted(95, 1_000);
      const receipts = pour(rig, source, lingering);
      yield 200;
      expect(source.taken).toBe(3);
      const closed = watch(rig.client.close());
      yield 500;
      expect([receipts.ended, closed.ended]).toEqual(['error', 'complete']);
      expect(storedIn(rig)).toEqual([...new Counted(95, 3)]);
    });
  });

  it('fed by a stream of the same client: the stream is drained first, and the sink completes', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      rig.append('from', 'a', 'b');
      const stream = rig.client.consume('from').pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
      );
      const receipts = pour(rig, stream);
      yield 120;
      const closed = watch(rig.client.close());
      yield 1_000;
      expect(receipts.ended).toBe('complete');
      expect(closed.values).toMatchObject([{ acked: 1 }]);
      expect(storedIn(rig)).toEqual(['a', 'b']);
    });
  });

  it('at the deadline what is not acknowledged fails, with what is known of it', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      rig.server.faults.swallowNextAcks(1000);
      const receipts = pour(rig, new Counted(95, 1_000_000), { batchSize: 1000, maxPendingAcks: 2 });
      yield 300;
      const closed = watch(rig.client.close({ deadlineMs: 500 }));
      yield 499;
      expect(closed.ended).toBeUndefined();
      yield 1;
      expect(closed.ended).toBe('complete');
      expect(receipts.error).toMatchObject({ code: 'LANCE_CONNECTION', context: { outcome: 'unknown' } });
      yield 1_100;
      expect(rig.wire.open).toBe(0);
    });
  });

  it('a sink of a client that is closed errors at once', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      watch(rig.client.close());
      yield 10;
      const source = new Counted(95, 10);
      const receipts = pour(rig, source);
      expect(receipts.error).toBeInstanceOf(ConnectionError);
      expect(source.taken).toBe(0);
    });
  });

  it('closing twice: both are told', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      pour(rig, new Counted(95, 1000));
      yield 100;
      const both = [watch(rig.client.close()), watch(rig.client.close())];
      yield 1_000;
      expect(both.map(({ ended }) => ended)).toEqual(['complete', 'complete']);
    });
  });
});
