import { finalize, Observable, retry, tap } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { retryBackoff } from '../../../src/observables/retry/retry-backoff.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { never, voter, type Voter } from '../support/voter.js';

describe('a subscriber that fails next to one that acks', () => {
  it('under retryBackoff: what the neighbour acked is not lost to it, it comes again to both', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { backMs: 10 });
      const handled: string[] = [];
      let failures = 2;
      queue.stream
        .pipe(
          work(
            (value, { attempt }) => {
              if (value === 'b' && failures-- > 0) throw new Error('no');
              handled.push(`${value}${attempt} ${clock.now()}`);
            },
            { onError: 'fail' },
          ),
          retryBackoff({ initialMs: 5, maxMs: 5, when: () => true }),
        )
        .subscribe();
      const steady = voter(queue.stream);
      flush();
      // The first failure is told while `b` is handed out: the neighbour gets it after that, and has it alone.
      expect(handled).toEqual(['a1 1', 'b3 23']);
      expect(steady.seen).toEqual(['a1 1', 'b1 1', 'c1 1', 'b2 12', 'b3 23']);
      expect(queue.told).toEqual(['acked a1 1', 'back b1 1', 'acked c1 1', 'back b2 12', 'acked b3 23']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 5, acked: 3, abandoned: 2, late: 0 });
      expect(queue.sessions).toHaveLength(1);
    });
  });

  it('the fault is its own: the neighbour goes on undisturbed', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abcd', { atMs: { c: 5, d: 7 } });
      const errors: string[] = [];
      queue.stream
        .pipe(
          work(
            (value) => {
              if (value === 'b') throw new Error('no');
            },
            { onError: 'fail' },
          ),
        )
        .subscribe({ error: ({ message }: Error) => errors.push(message) });
      const steady = voter(queue.stream);
      flush();
      expect(errors).toEqual(['work failed on flo:queue@b, attempt 1: no']);
      expect(steady.seen).toEqual(['a1 1', 'b1 1', 'c1 5', 'd1 7']);
      expect(queue.told).toEqual(['acked a1 1', 'back b1 1', 'acked c1 5', 'acked d1 7']);
    });
  });

  it('with a synchronous retry it is back for the next one', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { backMs: 5 });
      const seen: string[] = [];
      let fails = true;
      queue.stream
        .pipe(
          work(
            (value) => {
              seen.push(`${value} ${clock.now()}`);
              if (value === 'a' && fails) {
                fails = false;
                throw new Error('no');
              }
            },
            { onError: 'fail' },
          ),
          retry({ count: 3 }),
        )
        .subscribe();
      const steady = voter(queue.stream);
      flush();
      expect(seen).toEqual(['a 1', 'b 1', 'c 1', 'a 7']);
      expect(steady.seen).toEqual(['a1 1', 'b1 1', 'c1 1', 'a2 7']);
      expect(queue.told).toEqual(['back a1 1', 'acked b1 1', 'acked c1 1', 'acked a2 7']);
    });
  });

  it('of two that fail on the same delivery, both come back; when the last one fails the session ends with it', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { backMs: 4 });
      const seen: string[] = [];
      for (const name of ['one', 'two']) {
        let fails = true;
        queue.stream
          .pipe(
            work(
              (_value, { attempt }) => {
                seen.push(`${name} a${attempt} ${clock.now()}`);
                if (fails) {
                  fails = false;
                  throw new Error('no');
                }
              },
              { onError: 'fail' },
            ),
            retryBackoff({ initialMs: 2, maxMs: 2, when: () => true }),
          )
          .subscribe();
      }
      flush();
      expect(seen).toEqual(['one a1 1', 'two a1 1', 'one a2 6', 'two a2 6']);
      expect(queue.told).toEqual(['back a1 1', 'close 1', 'acked a2 6']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
    });
  });

  it('a consumer that throws under autoAck abandons what it threw on', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const steady = voter(queue.stream);
      const fails = tap((value: string) => {
        if (value === 'a') throw new Error('no');
      });
      queue.stream.pipe(autoAck(), fails).subscribe({ error: () => undefined });
      flush();
      expect(steady.seen).toEqual(['a1 1', 'b1 1']);
      expect(queue.told).toEqual(['back a1 1', 'acked b1 1']);
    });
  });

  const teardown = 'a teardown';
  const throws = (): never => {
    throw new Error(teardown);
  };
  const ends: readonly (readonly [name: string, end: (queue: HotQueue) => void, seen: string])[] = [
    ['ends', (queue) => queue.core.end(), '| 3'],
    ['fails', (queue) => queue.core.fail(new Error('no')), '# 3 no'],
    ['drains', (queue) => queue.stream.drain({ deadlineMs: 0 }).subscribe(), '| 3'],
  ];

  it.each(ends)(
    'a subscriber whose teardown throws keeps the end from no neighbour: the stream %s',
    (_name, end, seen) => {
      let neighbour: Voter | undefined;
      const ending = (): void =>
        run(() => {
          const queue = new HotQueue('a');
          voter(queue.stream.pipe(finalize(throws)));
          neighbour = voter(queue.stream);
          clock.after(3, () => end(queue));
        });
      expect(ending).toThrow(teardown);
      expect(neighbour?.seen).toEqual(['a1 1', seen]);
    },
  );

  it('a handler whose teardown throws keeps the end from nobody', () => {
    const failed = jest.fn();
    let found: { queue: HotQueue; neighbour: Voter } | undefined;
    const failing = (): void =>
      run(() => {
        const queue = new HotQueue('a');
        queue.stream.pipe(work(() => new Observable<void>(() => throws))).subscribe({ error: failed });
        found = { queue, neighbour: voter(queue.stream, { a1: never }) };
        clock.after(3, () => queue.core.fail(new Error('no')));
      });
    expect(failing).toThrow(teardown);
    expect([failed.mock.calls.length, found?.neighbour.seen]).toEqual([1, ['a1 1', '# 3 no']]);
    expect(found?.queue.stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
    expect(found?.queue.taken).toEqual([0, 0]);
  });

  it('a handler whose teardown throws keeps the outcome from nobody', () => {
    const outcomes: string[] = [];
    const draining = (): void =>
      run(() => {
        const queue = new HotQueue('a');
        queue.stream.pipe(work(() => new Observable<void>(() => throws))).subscribe();
        voter(queue.stream, {
          a1: (delivery) => delivery.outcome$.subscribe(({ fate }) => outcomes.push(fate)),
        });
        clock.after(3, () => queue.stream.drain({ deadlineMs: 2 }).subscribe());
      });
    expect(draining).toThrow(teardown);
    expect(outcomes).toEqual(['abandoned']);
  });

  it('a handler whose teardown throws keeps no slot: its delivery is lost', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { atMs: { b: 9 } });
      const seen: string[] = [];
      const handler = (value: string): unknown => (seen.push(value) > 1 ? value : new Observable(() => throws));
      queue.stream.pipe(work(handler)).subscribe();
      clock.after(3, () => expect(() => queue.lose('a')).toThrow(teardown));
      flush();
      expect(seen).toEqual(['a', 'b']);
      expect(queue.told).toEqual(['acked b1 9']);
    });
  });

  it('a handler whose teardown throws keeps no slot and no delivery: it takes too long', () => {
    let queue: HotQueue | undefined;
    const late = (): void =>
      run(() => {
        queue = new HotQueue('a');
        queue.stream
          .pipe(work(() => new Observable<void>(() => throws), { timeoutMs: 3, onError: 'dead' }))
          .subscribe();
      });
    expect(late).toThrow(teardown);
    // What is still open when a test fails is closed.
    expect([queue?.told, queue?.taken]).toEqual([
      ['dead a1 4', 'close 4'],
      [0, 0],
    ]);
  });
});
