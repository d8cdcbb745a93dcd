import { concat, from, interval, map, NEVER, of, range, take, tap, throwError, type ObservableInput } from 'rxjs';
import { BackpressureError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { json } from '../../src/codecs/payload/json.js';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import type { SinkOptions, SinkReceipt } from '../../src/observables/lance/sink.js';
import { virtually } from '../../tests/embedded/script.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { storedIn } from './producing.js';
import { marbles, Scene, Watch } from './scene.js';

function newScene(): Scene {
  const scene = new Scene({ ackDelayMs: 5 });
  scene.server.createTopic('log');
  return scene;
}

const pour = <T = string>(scene: Scene, source: ObservableInput<T>, options: SinkOptions<T> = {}): Watch<SinkReceipt> =>
  new Watch(scene.client.sink<T>('log', options)(source));

/** Texts of `size` bytes each, and how many of them have been taken. */
class Counted implements Iterable<string> {
  taken = 0;
  returned = false;

  constructor(
    readonly size: number,
    readonly count: number,
  ) {}

  *[Symbol.iterator](): Generator<string> {
    try {
      for (let i = 0; i < this.count; i++) {
        this.taken++;
        yield String(i).padStart(this.size, '.');
      }
    } finally {
      this.returned = true;
    }
  }
}

describe('sink', () => {
  it('emits a receipt per acknowledged batch, and completes behind the last', () => {
    marbles(({ expectObservable }) => {
      const scene = newScene();
      const receipts = scene.client.sink<string>('log', { batchSize: 64, maxPendingAcks: 1 })(
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
    virtually(function* () {
      const scene = newScene();
      const seen = pour(scene, source);
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(storedIn(scene)).toEqual(['a', 'b', 'c']);
      expect(seen.values.reduce((sum, { records }) => sum + records, 0)).toBe(3);
      yield 1100;
      expect(scene.wire.open).toBe(0);
    });
  });

  it.each([[[]], [new Set<string>()], [of<string[]>()]] as ObservableInput<string>[][])(
    'nothing: completes',
    (source) => {
      virtually(function* () {
        const scene = newScene();
        const seen = pour(scene, source);
        yield 0;
        expect([seen.values, seen.ended]).toEqual([[], 'complete']);
        expect(scene.wire.connectedAtMs).toEqual([]);
      });
    },
  );

  it('is cold: the same source again for each subscription, batch ids of their own', () => {
    virtually(function* () {
      const scene = newScene();
      const source = new Counted(10, 3);
      const receipts = scene.client.sink<string>('log')(source);
      yield 100;
      expect(source.taken).toBe(0);
      const seen = [new Watch(receipts), new Watch(receipts)];
      yield 500;
      expect(source.taken).toBe(6);
      expect(seen.map(({ values }) => values[0]?.batchId)).toEqual([1n, 1n]);
      expect(storedIn(scene)).toHaveLength(6);
    });
  });

  it('encodes with its codec', () => {
    virtually(function* () {
      const scene = newScene();
      const seen = pour(scene, [{ n: 1 }, { n: 2 }], { codec: json<{ n: number }>() });
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(decodeRecords(scene.server.read('log')).records.map(({ type }) => type)).toEqual([2, 2]);
      expect(storedIn(scene)).toEqual(['{"n":1}', '{"n":2}']);
    });
  });

  it('lingering: what is left when the source ends is sent at once', () => {
    virtually(function* () {
      const scene = newScene();
      const seen = pour(scene, ['a', 'b'], { batching: 'linger', lingerMs: 60_000 });
      yield 200;
      expect(seen.values).toMatchObject([{ records: 2 }]);
      expect(seen.ended).toBe('complete');
    });
  });
});

describe('a source that can wait is taken from only as fast as acknowledgements come', () => {
  it('one batch more than may be in flight, and no record more', () => {
    virtually(function* () {
      const scene = newScene();
      const source = new Counted(95, 1000);
      const seen = pour(scene, source, { batchSize: 1000, maxPendingAcks: 2 });
      expect(source.taken).toBe(30);
      yield 59;
      expect(source.taken).toBe(30);
      let most = 0;
      for (let ms = 0; ms < 10_000 && seen.ended === undefined; ms++) {
        yield 1;
        most = Math.max(most, source.taken - seen.values.reduce((sum, { records }) => sum + records, 0));
      }
      expect([seen.ended, most]).toEqual(['complete', 30]);
      expect(storedIn(scene)).toEqual([...new Counted(95, 1000)]);
    });
  });

  it('a server that does not acknowledge stops it', () => {
    virtually(function* () {
      const scene = newScene();
      scene.stop();
      const source = new Counted(95, 1000);
      const seen = pour(scene, source, { batchSize: 1000, deliveryTimeoutMs: 2 ** 31 - 1 });
      yield 3_600_000;
      expect(source.taken).toBe(30);
      seen.unsubscribe();
      expect(source.returned).toBe(true);
      const attempts = scene.wire.connectedAtMs.length;
      yield 3_600_000;
      expect(scene.wire.connectedAtMs).toHaveLength(attempts);
    });
  });

  it('bufferBytes slows it, and never fails it', () => {
    virtually(function* () {
      const scene = newScene();
      const source = new Counted(595, 20);
      const seen = pour(scene, source, { bufferBytes: 1000, maxPendingAcks: 64 });
      // One is in the buffer; one was taken and does not fit.
      expect(source.taken).toBe(2);
      yield 5000;
      expect(seen.error).toBeUndefined();
      expect(seen.ended).toBe('complete');
      expect(storedIn(scene)).toEqual([...new Counted(595, 20)]);
    });
  });

  it('bufferBytes and an async iterable', () => {
    virtually(function* () {
      const scene = newScene();
      const texts = [...new Counted(595, 6)];
      const seen = pour(scene, thenables(texts), { bufferBytes: 1000, maxPendingAcks: 64 });
      yield 5000;
      expect(seen.ended).toBe('complete');
      expect(storedIn(scene)).toEqual(texts);
    });
  });

  it('an async iterable that takes its time is never asked twice at once', () => {
    virtually(function* () {
      const scene = newScene();
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
      const seen = pour(scene, { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<string>);
      yield 2000;
      expect([seen.ended, most, storedIn(scene).length]).toEqual(['complete', 1, 50]);
    });
  });

  it('an async iterable is asked for one value at a time, and told when the sink is left', () => {
    virtually(function* () {
      const scene = newScene();
      let returned = 0;
      const source = thenables([...new Counted(95, 1000)], () => returned++);
      const seen = pour(scene, source, { batchSize: 1000, maxPendingAcks: 1 });
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
    virtually(function* () {
      const scene = newScene();
      const seen = pour(scene, interval(1).pipe(map((i) => String(i).padStart(95, '.'))), { bufferBytes: 2000 });
      yield 200;
      expect(seen.error).toBeInstanceOf(BackpressureError);
      expect(seen.endedAtMs).toBe(21);
    });
  });

  it('an endless synchronous one is stopped by that', () => {
    virtually(function* () {
      let taken = 0;
      const endless = range(0, 100_000).pipe(
        tap(() => taken++),
        map((i) => String(i).padStart(95, '.')),
      );
      const seen = pour(newScene(), endless, { bufferBytes: 2000 });
      yield 0;
      expect(seen.error).toBeInstanceOf(BackpressureError);
      expect(taken).toBe(21);
    });
  });

  it('its error ends the sink', () => {
    virtually(function* () {
      const scene = newScene();
      const seen = pour(
        scene,
        concat(
          of('a'),
          throwError(() => new Error('no more')),
        ),
      );
      yield 500;
      expect(seen.error).toMatchObject({ message: 'no more' });
      yield 1500;
      expect(scene.wire.open).toBe(0);
    });
  });
});

describe('what ends a sink', () => {
  it('a value that its codec refuses; the source is told', () => {
    virtually(function* () {
      const source = new Counted(1, 10);
      const failing = { ...json<string>(), encode: (text: string) => (text === '3' ? fail() : Buffer.from(text)) };
      const seen = pour(newScene(), source, { codec: failing });
      yield 500;
      expect(seen.error).toMatchObject({ message: 'not this one' });
      expect([source.taken, source.returned]).toEqual([4, true]);
    });
    function fail(): never {
      throw new Error('not this one');
    }
  });

  it.each(['json', json])('a codec that is none, before anything is poured: %p', (codec) => {
    expect(() => newScene().client.sink('log', { codec: codec as never })).toThrow('must be a codec such as json()');
  });

  it('a value that is no record', () => {
    virtually(function* () {
      const seen = pour<unknown>(newScene(), ['a', 5]);
      yield 100;
      expect(seen.error).toBeInstanceOf(InvalidOptionError);
    });
  });

  it('an iterator that throws', () => {
    virtually(function* () {
      const source = (function* (): Generator<string> {
        yield 'a';
        throw new Error('broken');
      })();
      const seen = pour(newScene(), source);
      yield 100;
      expect(seen.error).toMatchObject({ message: 'broken' });
    });
  });

  it('a refused batch; nothing more is taken', () => {
    virtually(function* () {
      const scene = newScene();
      const source = new Counted(10, 1_000_000);
      const seen = new Watch(scene.client.sink<string>('nowhere', { batchSize: 1000 })(source));
      yield 500;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
      expect(source.returned).toBe(true);
      const { taken } = source;
      yield 5000;
      expect(source.taken).toBe(taken);
      expect(scene.wire.open).toBe(0);
    });
  });

  it('take(1): the source is told, the connection closed', () => {
    virtually(function* () {
      const scene = newScene();
      const source = new Counted(100, 1_000_000);
      const seen = new Watch(scene.client.sink<string>('log', { batchSize: 1000 })(source).pipe(take(1)));
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(source.returned).toBe(true);
      yield 1500;
      expect(scene.wire.open).toBe(0);
    });
  });
});

describe('a sink and a server that stops and starts', () => {
  it.each([1, 2, 3])('every record at least once, each batch in order, one receipt for each (%i)', (seed) => {
    virtually(function* () {
      const scene = newScene();
      const texts = [...new Counted(10, 2000)];
      const seen = pour(scene, texts, { batchSize: 150 });
      for (let i = 0; i < 10; i++) {
        yield 37 * seed + i * 13;
        scene.stop();
        yield 61 * seed;
        scene.start();
      }
      yield 120_000;
      expect(seen.ended).toBe('complete');
      expect(seen.values.reduce((sum, { records }) => sum + records, 0)).toBe(2000);
      const stored = storedIn(scene);
      expect([...new Set(stored)]).toEqual(texts);
      expect(stored.length).toBeGreaterThan(2000);
    });
  });

  it('an Observable that never ends leaves nothing behind when it is left', () => {
    virtually(function* () {
      const scene = newScene();
      const seen = pour(scene, concat(from(['a']), NEVER));
      yield 500;
      expect(seen.values).toHaveLength(1);
      seen.unsubscribe();
      yield 1500;
      expect(scene.wire.open).toBe(0);
    });
  });
});
