import { throwError } from 'rxjs';
import { PayloadError } from '../../src/codecs/payload/errors.js';
import { clock } from '../../src/foundation/clock.js';
import { SluiceError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { OnError, Verdict } from '../../src/observables/delivery/operators/work/error-policy.js';
import { HotQueue } from './support/hot-queue.js';
import { run } from './support/marbles.js';

/** `x` is no JSON; `y` can be read the third time it is tried. */
function decoder(): (message: string) => string {
  let tries = 0;
  return (message) => {
    if (message === 'x') throw new PayloadError('json', 'it is none');
    if (message === 'y' && ++tries < 3) throw new SluiceError('the key is not here yet', { retryable: true });
    return message.toUpperCase();
  };
}

describe('a value that can’t be read', () => {
  it('is read by whoever reads it, each time', () => {
    run(({ flush }) => {
      const queue = new HotQueue('xa', { decode: decoder() });
      const seen: string[] = [];
      queue.stream.subscribe((delivery) => {
        try {
          seen.push(delivery.value);
          delivery.ack();
        } catch (error) {
          expect(() => delivery.value).toThrow(PayloadError);
          seen.push((error as Error).message);
          delivery.dead();
        }
      });
      flush();
      expect(seen).toEqual(['json: it is none', 'A']);
      expect(queue.told).toEqual(['dead x1 1', 'acked a1 1']);
    });
  });

  const verdicts: readonly (readonly [name: string, onError: OnError | undefined, told: string[]])[] = [
    ['dead by default', undefined, ['dead x1 1', 'acked a1 1']],
    ['dead', { retry: { maxAttempts: Number.POSITIVE_INFINITY }, then: 'dead' }, ['dead x1 1', 'acked a1 1']],
    ['ack', { retry: {}, then: 'ack' }, ['acked x1 1', 'acked a1 1']],
    [
      'nack',
      { retry: {}, then: 'nack' },
      ['nacked+200 x1 1', 'acked a1 1', 'nacked+400 x2 201', 'back x2 300', 'drain 300'],
    ],
    ['fail', { when: () => true, then: 'fail' }, ['back x1 1', 'close 1']],
  ];

  describe.each([
    ['plain', (queue: HotQueue) => queue.stream],
    ['after mapDelivery', (queue: HotQueue) => queue.stream.pipe(mapDelivery((value) => value.toLowerCase()))],
    ['after filterDelivery', (queue: HotQueue) => queue.stream.pipe(filterDelivery(() => true))],
  ] as const)('%s', (_name, source) => {
    it.each(verdicts)('goes straight to the verdict of work, it is not retried: %s', (_verdict, onError, told) => {
      run(({ flush }) => {
        const queue = new HotQueue('xa', { decode: decoder() });
        const handled: string[] = [];
        source(queue)
          .pipe(work((value) => void handled.push(value), onError === undefined ? {} : { onError }))
          .subscribe({ error: () => undefined });
        if (told.some((line) => line.startsWith('drain'))) clock.after(300, () => queue.stream.drain().subscribe());
        flush();
        expect(queue.told.filter((line) => line !== 'close 300')).toEqual([
          ...told,
          ...(told.includes('close 1') ? ['unwanted a1 1'] : []),
        ]);
        expect(handled.length).toBe(told.includes('acked a1 1') ? 1 : 0);
      });
    });
  });

  it('with keys, too', () => {
    run(({ flush }) => {
      const queue = new HotQueue('xa', { decode: decoder() });
      const keys: string[] = [];
      queue.stream.pipe(work(() => undefined, { by: (value) => keys.push(value) })).subscribe();
      flush();
      expect(keys).toEqual(['A']);
      expect(queue.told).toEqual(['dead x1 1', 'acked a1 1']);
    });
  });

  it.each([
    ['', {}],
    [' with keys', { by: (value: string) => value }],
  ] as const)('for another reason is retried%s', (_name, options) => {
    run(({ flush }) => {
      const queue = new HotQueue('y', { decode: decoder() });
      const handled: string[] = [];
      queue.stream
        .pipe(work((value, { attempt }) => void handled.push(`${value}${attempt} ${clock.now()}`), options))
        .subscribe();
      flush();
      const [first] = handled;
      expect(handled).toHaveLength(1);
      expect(first).toMatch(/^Y3 601$/);
      expect(queue.told).toEqual(['acked y1 601']);
    });
  });

  /** What `record.value` throws inside a handler. */
  const decoding =
    (tries: number[]) =>
    (value: string, { attempt }: { attempt: number }) => {
      tries.push(attempt);
      if (value === 'x' && attempt < 3) throw new PayloadError('json', 'it is none');
    };

  it.each<[string, Verdict | OnError | undefined, string]>([
    ['dead by default', undefined, 'dead x1 1'],
    ['ack', { retry: {}, then: 'ack' }, 'acked x1 1'],
    ['ack, by a function', (() => ({ retry: {}, then: 'ack' })) as never, 'acked x1 1'],
    ['fail', { retry: { maxAttempts: Number.POSITIVE_INFINITY }, then: 'fail' }, 'back x1 1'],
  ])('inside a handler goes straight to the verdict, too: %s', (_verdict, onError, told) => {
    run(({ flush }) => {
      const queue = new HotQueue('x');
      const tries: number[] = [];
      queue.stream
        .pipe(work(decoding(tries), onError === undefined ? {} : { onError }))
        .subscribe({ error: () => undefined });
      flush();
      expect(tries).toEqual([1]);
      expect(queue.told[0]).toBe(told);
    });
  });

  it('inside a handler is retried when `when` says so: what it decodes may change', () => {
    run(({ flush }) => {
      const queue = new HotQueue('x');
      const tries: number[] = [];
      queue.stream.pipe(work(decoding(tries), { onError: { when: () => true } })).subscribe();
      flush();
      expect(tries).toEqual([1, 2, 3]);
      expect(queue.told).toEqual(['acked x1 601']);
    });
  });

  it('is known by its code, wherever it was made', () => {
    run(({ flush }) => {
      // As another copy of the package makes it.
      class PayloadError extends SluiceError {
        static override readonly code: string = 'PAYLOAD';
      }
      const queue = new HotQueue('x');
      const tries: number[] = [];
      queue.stream
        .pipe(
          work((_value, { attempt }) => {
            tries.push(attempt);
            return throwError(() => new PayloadError('not ours'));
          }),
        )
        .subscribe();
      flush();
      expect(tries).toEqual([1]);
      expect(queue.told).toEqual(['dead x1 1']);
    });
  });

  it('ends a stream that has no policy for it', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('ax', { decode: decoder() });

      expectObservable(queue.stream.pipe(autoAck())).toBe('-(A#)', undefined, new PayloadError('json', 'it is none'));
      flush();
      expect(queue.told).toEqual(['acked a1 1', 'back x1 1', 'close 1']);
    });
  });

  it('is a voter’s own matter', () => {
    run(({ flush }) => {
      const queue = new HotQueue('x', { decode: decoder() });
      queue.stream.pipe(work(() => undefined)).subscribe();
      // This one does not read it.
      queue.stream.subscribe((delivery) => delivery.ack());
      flush();
      expect(queue.told).toEqual(['dead x1 1']);
    });
  });
});
