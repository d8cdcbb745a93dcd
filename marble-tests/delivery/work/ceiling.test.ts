import { merge } from 'rxjs';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { OnError } from '../../../src/observables/delivery/operators/work/error-policy.js';
import { HotQueue } from '../support/hot-queue.js';
import { longestDelays } from '../support/jitter.js';
import { run } from '../support/marbles.js';

beforeEach(longestDelays);
afterEach(() => {
  jest.restoreAllMocks();
});

const fails =
  (tries: number[]) =>
  (_value: string, { attempt }: { attempt: number }) => {
    tries.push(attempt);
    throw new Error('no');
  };

describe('a server that dead-letters by itself', () => {
  it.each([4, 100, Number.POSITIVE_INFINITY])(
    'a policy of more tries is refused at the first delivery: %s',
    (maxAttempts) => {
      run(({ flush }) => {
        const queue = new HotQueue('ab', { maxAttempts: 3 });
        const tries: number[] = [];
        const errors: unknown[] = [];
        queue.stream
          .pipe(work(fails(tries), { onError: { retry: { maxAttempts } } }))
          .subscribe({ error: (error: unknown) => errors.push(error) });
        flush();
        expect(errors).toEqual([expect.any(InvalidOptionError)]);
        expect((errors[0] as Error).message).toBe(
          'onError.retry.maxAttempts: must be at most 3: after that many deliveries the server dead-letters by itself, ' +
            `got ${maxAttempts}`,
        );
        expect(tries).toEqual([]);
        expect(queue.told).toEqual(['back a1 1', 'close 1', 'unwanted b1 1']);
      });
    },
  );

  const allowed: readonly (readonly [name: string, onError: OnError | undefined, tries: number[]])[] = [
    ['as many', { retry: { maxAttempts: 3 } }, [1, 2, 3]],
    ['fewer', { retry: { maxAttempts: 2 } }, [1, 2]],
    ['by default, as many as there can be', undefined, [1, 2, 3]],
    ['with a `when`', { when: () => true }, [1, 2, 3]],
  ];
  it.each(allowed)('%s', (_name, onError, expected) => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { maxAttempts: 3 });
      const tries: number[] = [];
      queue.stream.pipe(work(fails(tries), onError === undefined ? {} : { onError })).subscribe();
      flush();
      expect(tries).toEqual(expected);
      expect(queue.told.map((line) => line.slice(0, 7))).toEqual(['dead a1']);
    });
  });

  it('counts deliveries: one that has come three times is not retried', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { maxAttempts: 3 });
      queue.deliveries.set('a', 2);
      const tries: number[] = [];
      queue.stream.pipe(work(fails(tries))).subscribe();
      flush();
      expect(tries).toEqual([3]);
      expect(queue.told).toEqual(['dead a3 1']);
    });
  });

  it('a policy that is found by error is refused when it is found', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { maxAttempts: 3 });
      const errors: unknown[] = [];
      queue.stream
        .pipe(work(fails([]), { onError: () => ({ retry: { maxAttempts: 4 } }) }))
        .subscribe({ error: (error: unknown) => errors.push(error) });
      flush();
      expect(errors).toEqual([expect.objectContaining({ code: 'HANDLER', cause: expect.any(InvalidOptionError) })]);
    });
  });

  it('is looked for in every session, such as the second of two merged streams', () => {
    run(({ flush }) => {
      const [free, bound] = [new HotQueue('a'), new HotQueue('b', { maxAttempts: 3, atMs: { b: 5 } })];
      const errors: unknown[] = [];
      merge(free.stream, bound.stream)
        .pipe(work(() => undefined, { onError: { retry: { maxAttempts: 4 } } }))
        .subscribe({ error: (error: unknown) => errors.push(error) });
      flush();
      expect(free.told).toEqual(['acked a1 1', 'close 5']);
      expect(errors).toEqual([expect.any(InvalidOptionError)]);
    });
  });

  it('others know no ceiling', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const tries: number[] = [];
      queue.stream
        .pipe(work(fails(tries), { onError: { retry: { maxAttempts: 9, initialMs: 1, maxMs: 1 } } }))
        .subscribe();
      flush();
      expect(tries).toHaveLength(9);
    });
  });
});
