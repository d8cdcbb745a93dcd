import { concat, from, interval, map, NEVER, of, range, take, tap, throwError, type ObservableInput } from 'rxjs';
import { BackpressureError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { json } from '../../src/codecs/payload/json.js';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
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

const pour = <T = string>(
  rig: LanceRig,
  source: ObservableInput<T>,
  options: SinkOptions<T> = {},
): Watch<SinkReceipt> => new Watch(rig.client.sink<T>('log', options)(source));

describe('sink', () => {
  it('emits a receipt per acknowledged batch, and completes behind the last', () => {
    marbles(({ expectObservable }) => {
      const rig = newRig();
      const receipts = rig.client.sink<string>('log', { batchSize: 64, maxPendingAcks: 1 })(
        Array.from({ length: 8 }, (_, i) => String(i).repeat(11)),
      );
      // All 8 fit into three batches while the connections open: 4, then 4 more.
      expectObservable(receipts).toBe('85ms a 24ms (b|)', {
        a: { batchId: 1n, records: 4, bytes: 64 },
        b: { batchId: 2n, records: 4, bytes: 64 },
      });
    });
  });

  it.each([
    ['an array', ['a', 'b', 'c']],
    ['a set', new Set(['a', 'b', 'c'])],
    ['an Observable', of('a', 'b', 'c')],
    [
      'an Observable in time',
      concat(
        of('a'),
        interval(100).pipe(
          take(1),
          map(() => 'b'),
        ),
        of('c'),
      ),
    ],
  ] as [string, ObservableInput<string>][])('takes %s', (_, source) => {
    marbles(function* () {
      const rig = newRig();
      const seen = pour(rig, source);
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(storedIn(rig)).toEqual(['a', 'b', 'c']);
      expect(seen.values.reduce((sum, { records }) => sum + records, 0)).toBe(3);
      yield 1100;
      expect(rig.wire.open).toBe(0);
    });
  });

  it.each([[[]], [new Set<string>()], [of<string[]>()]] as ObservableInput<string>[][])(
    'nothing: completes',
    (source) => {
      marbles(function* () {
        const rig = newRig();
        const seen = pour(rig, source);
        yield 0;
        expect([seen.values, seen.ended]).toEqual([[], 'complete']);
        expect(rig.wire.connectedAtMs).toEqual([]);
      });
    },
  );

  it('is cold: the same source again for each subscription, batch ids of their own', () => {
    marbles(function* ({ watch }) {
      const rig = newRig();
      const source = new Counted(10, 3);
      const receipts = rig.client.sink<string>('log')(source);
      yield 100;
      expect(source.taken).toBe(0);
      const seen = [watch(receipts), watch(receipts)];
      yield 500;
      expect(source.taken).toBe(6);
      expect(seen.map(({ values }) => values[0]?.batchId)).toEqual([1n, 1n]);
      expect(storedIn(rig)).toHaveLength(6);
    });
  });

  it('encodes with its codec', () => {
    marbles(function* () {
      const rig = newRig();
      const seen = pour(rig, [{ n: 1 }, { n: 2 }], { codec: json<{ n: number }>() });
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(decodeRecords(rig.server.read('log')).records.map(({ type }) => type)).toEqual([2, 2]);
      expect(storedIn(rig)).toEqual(['{"n":1}', '{"n":2}']);
    });
  });

  it('lingering: what is left when the source ends is sent at once', () => {
    marbles(function* ({ expectWire }) {
      const rig = newRig();
      expectWire(rig.wire.only('C', 'o', 'I', 'a')).toBe('C 19ms (oC) 16ms o 19ms I 24ms a', {
        I: { name: 'Ingest', texts: ['a', 'b'] },
      });
      const seen = pour(rig, ['a', 'b'], { batching: 'linger', lingerMs: 60_000 });
      yield 200;
      expect(seen.values).toMatchObject([{ records: 2 }]);
      expect(seen.ended).toBe('complete');
    });
  });
});

describe('a source that can wait is taken from only as fast as acknowledgements come', () => {
  it('one batch more than may be in flight, and no record more', () => {
    marbles(function* () {
      const rig = newRig();
      const source = new Counted(95, 1000);
      const seen = pour(rig, source, { batchSize: 1000, maxPendingAcks: 2 });
      expect(source.taken).toBe(30);
      yield 59;
      expect(source.taken).toBe(30);
      let most = 0;
      for (let ms = 0; ms < 10_000 && seen.ended === undefined; ms++) {
        yield 1;
        most = Math.max(most, source.taken - seen.values.reduce((sum, { records }) => sum + records, 0));
      }
      expect([seen.ended, most]).toEqual(['complete', 30]);
      expect(storedIn(rig)).toEqual([...new Counted(95, 1000)]);
    });
  });

  it('a server that does not acknowledge stops it', () => {
    marbles(function* () {
      const rig = newRig();
      rig.stop();
      const source = new Counted(95, 1000);
      const seen = pour(rig, source, { batchSize: 1000, maxPendingAcks: 2, deliveryTimeoutMs: 2 ** 31 - 1 });
      yield 3_600_000;
      expect(source.taken).toBe(30);
      seen.unsubscribe();
      expect(source.returned).toBe(true);
      const attempts = rig.wire.connectedAtMs.length;
      yield 3_600_000;
      expect(rig.wire.connectedAtMs).toHaveLength(attempts);
    });
  });

  it('bufferBytes slows it, and never fails it', () => {
    marbles(function* () {
      const rig = newRig();
      const source = new Counted(595, 20);
      const seen = pour(rig, source, { bufferBytes: 1000, maxPendingAcks: 64 });
      // One is in the buffer; one was taken and does not fit.
      expect(source.taken).toBe(2);
      yield 5000;
      expect(seen.error).toBeUndefined();
      expect(seen.ended).toBe('complete');
      expect(storedIn(rig)).toEqual([...new Counted(595, 20)]);
    });
  });

  it('bufferBytes and an async iterable', () => {
    marbles(function* () {
      const rig = newRig();
      const texts = [...new Counted(595, 6)];
      const seen = pour(rig, thenables(texts), { bufferBytes: 1000, maxPendingAcks: 64 });
      yield 5000;
      expect(seen.ended).toBe('complete');
      expect(storedIn(rig)).toEqual(texts);
    });
  });

  it('an async iterable that takes its time is never asked twice at once', () => {
    marbles(function* () {
      const rig = newRig();
      let asking = 0;
      let most = 0;
      let left = 50;
      const step = {
        then: (resolve: (step: IteratorResult<string>) => void) =>
          clock.after(3, () => {
            asking--;
            resolve(left-- > 0 ? { done: false, value: 'x' } : { done: true, value: undefined });
          }),
      };
      const next = (): never => {
        most = Math.max(most, ++asking);
        return step as never;
      };
      const seen = pour(rig, { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<string>);
      yield 2000;
      expect([seen.ended, most, storedIn(rig).length]).toEqual(['complete', 1, 50]);
    });
  });

  it('an async iterable is asked for one value at a time, and told when the sink is left', () => {
    marbles(function* () {
      const rig = newRig();
      let returned = 0;
      const source = thenables([...new Counted(95, 1000)], () => returned++);
      const seen = pour(rig, source, { batchSize: 1000, maxPendingAcks: 1 });
      expect(source.asked).toBe(20);
      yield 90;
      expect(source.asked).toBeGreaterThan(20);
      seen.unsubscribe();
      expect(returned).toBe(1);
      const { asked } = source;
      yield 1000;
      expect(source.asked).toBe(asked);
    });
  });

  /** An async iterable whose promises are answered synchronously, so that virtual time sees them. */
  function thenables(texts: readonly string[], onReturn = (): void => {}): AsyncIterable<string> & { asked: number } {
    const source = {
      asked: 0,
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const at = source.asked++;
          const step = at < texts.length ? { done: false, value: texts[at] } : { done: true, value: undefined };
          return { then: (resolve: (value: unknown) => void) => resolve(step) } as never;
        },
        return: () => {
          onReturn();
          return { then: () => {} } as never;
        },
      }),
    };
    return source;
  }
});

describe('an Observable can not be slowed', () => {
  it('beyond bufferBytes the sink errors', () => {
    marbles(function* () {
      const rig = newRig();
      const seen = pour(rig, interval(1).pipe(map((i) => String(i).padStart(95, '.'))), { bufferBytes: 2000 });
      yield 200;
      expect(seen.error).toBeInstanceOf(BackpressureError);
      expect(seen.endedAtMs).toBe(21);
    });
  });

  it('an endless synchronous one is stopped by that', () => {
    marbles(function* () {
      let taken = 0;
      const endless = range(0, 100_000).pipe(
        tap(() => taken++),
        map((i) => String(i).padStart(95, '.')),
      );
      const seen = pour(newRig(), endless, { bufferBytes: 2000 });
      yield 0;
      expect(seen.error).toBeInstanceOf(BackpressureError);
      expect(taken).toBe(21);
    });
  });

  it('its error ends the sink', () => {
    marbles(function* ({ expectWire }) {
      const rig = newRig();
      expectWire(rig.wire).toBe('(CX)');
      const seen = pour(
        rig,
        concat(
          of('a'),
          throwError(() => new Error('no more')),
        ),
      );
      yield 500;
      expect(seen.error).toMatchObject({ message: 'no more' });
    });
  });
});

describe('what ends a sink', () => {
  it('a value that its codec refuses; the source is told', () => {
    marbles(function* () {
      const source = new Counted(1, 10);
      const failing = { ...json<string>(), encode: (text: string) => (text === '3' ? fail() : Buffer.from(text)) };
      const seen = pour(newRig(), source, { codec: failing });
      yield 500;
      expect(seen.error).toMatchObject({ message: 'not this one' });
      expect([source.taken, source.returned]).toEqual([4, true]);
    });
    function fail(): never {
      throw new Error('not this one');
    }
  });

  it.each(['json', json])('a codec that is none, before anything is poured: %p', (codec) => {
    const client = new LanceClient();
    expect(() => client.sink('log', { codec: codec as never })).toThrow('must be a codec such as json()');
  });

  it('a value that is no record', () => {
    marbles(function* () {
      const seen = pour<unknown>(newRig(), ['a', 5]);
      yield 100;
      expect(seen.error).toBeInstanceOf(InvalidOptionError);
    });
  });

  it('an iterator that throws', () => {
    marbles(function* () {
      const source = (function* (): Generator<string> {
        yield 'a';
        throw new Error('broken');
      })();
      const seen = pour(newRig(), source);
      yield 100;
      expect(seen.error).toMatchObject({ message: 'broken' });
    });
  });

  it('a refused batch; nothing more is taken', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = newRig();
      const source = new Counted(10, 1_000_000);
      expectWire(rig.wire).toBe('C 19ms (oC) 16ms (oL) 16ms (tX) 956ms X');
      const seen = watch(rig.client.sink<string>('nowhere', { batchSize: 1000 })(source));
      yield 500;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
      expect(source.returned).toBe(true);
      const { taken } = source;
      yield 5000;
      expect(source.taken).toBe(taken);
    });
  });

  it('take(1): the source is told, the connection closed', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = newRig();
      const source = new Counted(100, 1_000_000);
      expectWire(rig.wire.only('C', 'I', 'a', 'X')).toBe('C 19ms C 39ms (II) 21ms (aX) 931ms X');
      const seen = watch(rig.client.sink<string>('log', { batchSize: 1000, maxPendingAcks: 2 })(source).pipe(take(1)));
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(source.returned).toBe(true);
    });
  });
});

describe('a sink and a server that stops and starts', () => {
  it.each([1, 2, 3])('every record at least once, each batch in order, one receipt for each (%i)', (seed) => {
    marbles(function* () {
      const rig = newRig();
      const texts = [...new Counted(10, 2000)];
      const seen = pour(rig, texts, { batchSize: 150 });
      for (let i = 0; i < 10; i++) {
        yield 37 * seed + i * 13;
        rig.stop();
        yield 61 * seed;
        rig.start();
      }
      yield 120_000;
      expect(seen.ended).toBe('complete');
      expect(seen.values.reduce((sum, { records }) => sum + records, 0)).toBe(2000);
      const stored = storedIn(rig);
      expect([...new Set(stored)]).toEqual(texts);
      expect(stored.length).toBeGreaterThan(2000);
    });
  });

  it('an Observable that never ends leaves nothing behind when it is left', () => {
    marbles(function* () {
      const rig = newRig();
      const seen = pour(rig, concat(from(['a']), NEVER));
      yield 500;
      expect(seen.values).toHaveLength(1);
      seen.unsubscribe();
      yield 1500;
      expect(rig.wire.open).toBe(0);
    });
  });
});
