import { take } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { DUTY, type FateReport, type Holder } from '../../src/observables/delivery/types.js';
import { NO_FATES } from './support/draining.js';
import { HotQueue } from './support/hot-queue.js';
import { run } from './support/marbles.js';
import { after, both, dead, never, voter, type Deed } from './support/voter.js';

describe('what is decided and not confirmed when its session ends', () => {
  it('counts as decided if that is confirmed while the session flushes: `take` abandons no success', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('ab', { confirmMs: 5, flushMs: 9 });
      const outcomes: string[] = [];
      queue.stream.observe().subscribe(({ value, outcome$ }) => {
        outcome$.subscribe(({ fate }) => outcomes.push(`${value} ${fate} ${clock.now()}`));
      });

      expectObservable(
        queue.stream.pipe(
          work((value) => value),
          take(1),
        ),
      ).toBe('-(a|)');
      flush();
      expect(queue.told).toEqual(['acked a1 1', 'close 1', 'unwanted b1 1']);
      expect(outcomes).toEqual(['a acked 6']);
      expect(queue.stream.fate()).toEqual({ ...NO_FATES, delivered: 1, acked: 1 });
      expect(queue.taken).toEqual([0, 0]);
    });
  });

  it('is abandoned if it was not confirmed by then, and a confirmation after that is for nobody', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { confirmMs: 9, flushMs: 4 });
      const reader = voter(queue.stream, { b1: never });
      clock.after(2, () => reader.subscription.unsubscribe());
      const lost: string[] = [];
      clock.after(1, () => {
        for (const { signal, value } of reader.deliveries)
          signal.addEventListener('abort', () => lost.push(`${value} ${clock.now()}`));
      });
      clock.after(3, () => expect(queue.stream.fate()).toEqual({ ...NO_FATES, delivered: 2, abandoned: 1 }));
      flush();
      expect(lost).toEqual(['b 2', 'a 6']);
      expect(queue.stream.fate()).toEqual({ ...NO_FATES, delivered: 2, abandoned: 2 });
    });
  });

  it('is abandoned if its lease ends meanwhile', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { confirmMs: 9, flushMs: 20 });
      const reader = voter(queue.stream);
      clock.after(2, () => {
        const [node] = queue.core.ledger;
        reader.subscription.unsubscribe();
        clock.after(3, () => queue.core.lose(node!));
      });
      flush();
      expect(queue.stream.fate()).toEqual({ ...NO_FATES, delivered: 1, abandoned: 1 });
      expect(queue.taken).toEqual([0, 0]);
    });
  });

  it('gives its room back at once: the next session has a window of its own', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { confirmMs: 50, flushMs: 90, window: { deliveries: 1 } });
      const reader = voter(queue.stream);
      clock.after(2, () => reader.subscription.unsubscribe());
      clock.after(3, () => expect(queue.taken).toEqual([0, 0]));
      clock.after(4, () => voter(queue.stream));
      flush();
      expect(queue.stream.fate()).toEqual({ ...NO_FATES, delivered: 2, acked: 2 });
    });
  });

  it.each([
    [5, { ...NO_FATES, delivered: 2, acked: 1, abandoned: 1 }, 15],
    ['never', { ...NO_FATES, delivered: 2, abandoned: 2 }, 1_010],
    [3_000, { ...NO_FATES, delivered: 2, abandoned: 2 }, 1_010],
  ] as const)('is in the report of a drain, whose sums are exact: a flush of %s ms', (flushMs, fates, atMs) => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { confirmMs: flushMs === 5 ? 11 : 5_000, flushMs });
      const reports: [number, FateReport][] = [];
      voter(queue.stream, { b1: never });
      clock.after(2, () =>
        queue.stream.drain({ deadlineMs: 8 }).subscribe((report) => reports.push([clock.now(), report])),
      );
      flush();
      expect(reports).toEqual([[atMs, fates]]);
      expect(queue.stream.fate()).toEqual(fates);
    });
  });

  it('stands in nobody’s way while it is waited for: what buffers keep beside it does not starve', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { confirmMs: 20, window: { deliveries: 2 } });
      const released: string[] = [];
      const holder: Holder = { name: 'test', release: (why) => released.push(`${why} ${clock.now()}`) };
      const keep: Deed = (delivery) => delivery[DUTY].hold(holder);
      // The confirmation will make room for `c`, and only `c` held, too, would starve them.
      const reader = voter(queue.stream, { a1: after(2, both(keep, dead)), b1: keep, c1: after(3, keep) });
      flush();
      expect(reader.seen).toEqual(['a1 1', 'b1 1', 'c1 24']);
      expect(released).toEqual([]);
    });
  });
});
