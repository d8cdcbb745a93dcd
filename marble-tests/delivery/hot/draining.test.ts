import { clock } from '../../../src/foundation/clock.js';
import type { FateReport } from '../../../src/observables/delivery/types.js';
import { holdingBuffer } from '../support/buffer.js';
import { NO_FATES } from '../support/draining.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, both, dead, nack, never, noting, voter, type Deed, type Voter } from '../support/voter.js';

/** Drains at a moment; the list it returns is told of the report. */
function drainAt(queue: HotQueue, atMs: number, deadlineMs = 30_000): [atMs: number, report: FateReport][] {
  const reports: [number, FateReport][] = [];
  clock.after(atMs, () => {
    queue.stream.drain({ deadlineMs }).subscribe((report) => reports.push([clock.now(), report]));
  });
  return reports;
}

describe('draining a hot stream', () => {
  it('waits until all have voted, completes all, then reports', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { atMs: { c: 20 } });
      const voters = [voter(queue.stream, { a1: after(6, ack) }), voter(queue.stream, { b1: after(9, dead) })];
      const reports = drainAt(queue, 3);
      flush();
      expect(voters.map(({ seen }) => seen)).toEqual([
        ['a1 1', 'b1 1', '| 10'],
        ['a1 1', 'b1 1', '| 10'],
      ]);
      expect(queue.told).toEqual(['drain 3', 'acked a1 7', 'dead b1 10', 'close 10']);
      expect(reports).toEqual([[10, { ...NO_FATES, delivered: 2, acked: 1, dead: 1 }]]);
    });
  });

  it('a nack is final, and its delivery given back, whoever votes last', () => {
    for (const [first, second] of [
      [nack(5), after(4, ack)],
      [after(4, ack), nack(5)],
      [ack, after(4, nack(5))],
      [after(4, nack(5)), ack],
    ] as const) {
      run(({ flush }) => {
        const queue = new HotQueue('a');
        const voters = [voter(queue.stream, { a1: first }), voter(queue.stream, { a1: second })];
        const reports = drainAt(queue, 3);
        flush();
        expect(voters.map(({ seen }) => seen)).toEqual([
          ['a1 1', '| 5'],
          ['a1 1', '| 5'],
        ]);
        expect(queue.told).toEqual(['drain 3', 'nacked+5 a1 5', 'back a1 5', 'close 5']);
        expect(reports).toEqual([[5, { ...NO_FATES, delivered: 1, nacked: 1 }]]);
      });
    }
  });

  it('gives back what waits to come again and what nobody has seen', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { atMs: { c: 4 } });
      voter(queue.stream, { a1: nack(20), b1: after(4, ack) });
      voter(queue.stream, { b1: after(9, ack) });
      // `c` was asked for before the pause, and arrives in it.
      clock.after(3, () => queue.core.pause('test'));
      const reports = drainAt(queue, 6);
      flush();
      expect(queue.told).toEqual(['nacked+20 a1 1', 'back c1 6', 'back a1 6', 'drain 6', 'acked b1 10', 'close 10']);
      expect(reports).toEqual([[10, { ...NO_FATES, delivered: 2, acked: 1, nacked: 1 }]]);
    });
  });

  it('one that leaves is not waited for', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const first = voter(queue.stream, { a1: never, b1: never });
      const second = voter(queue.stream, { a1: never });
      const reports = drainAt(queue, 3);
      clock.after(5, () => first.subscription.unsubscribe());
      clock.after(8, () => second.deliveries[0]?.ack());
      flush();
      expect(second.seen).toEqual(['a1 1', 'b1 1', '| 8']);
      expect(queue.told).toEqual(['drain 3', 'back b1 5', 'back a1 8', 'close 8']);
      expect(reports).toEqual([[8, { ...NO_FATES, delivered: 2, abandoned: 2 }]]);
    });
  });

  it('when the last one leaves, the report comes', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const voters = [voter(queue.stream, { a1: never }), voter(queue.stream, { a1: dead })];
      const reports = drainAt(queue, 3);
      clock.after(5, () => voters[1]?.subscription.unsubscribe());
      clock.after(6, () => voters[0]?.subscription.unsubscribe());
      flush();
      // One had said that it is dead, the other has left.
      expect(queue.told).toEqual(['drain 3', 'dead a1 6', 'close 6']);
      expect(reports).toEqual([[6, { ...NO_FATES, delivered: 1, dead: 1 }]]);
    });
  });

  it('later subscribers complete on the next turn', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      voter(queue.stream, { a1: after(9, ack) });
      drainAt(queue, 3);
      let late: Voter | undefined;
      clock.after(5, () => (late = voter(queue.stream)));
      flush();
      expect(late?.seen).toEqual(['| 5']);
      expect(queue.sessions).toHaveLength(1);
    });
  });

  it('an error completes all', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const voters = [voter(queue.stream, { a1: never }), voter(queue.stream)];
      const reports = drainAt(queue, 3);
      const error = new Error('the server hung up');
      clock.after(5, () => queue.core.fail(error));
      flush();
      expect(voters.map(({ seen }) => seen.at(-1))).toEqual(['| 5', '| 5']);
      expect(reports).toEqual([[5, { ...NO_FATES, delivered: 1, abandoned: 1, error }]]);
    });
  });

  it('buffers of every voter are told to let go', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { atMs: { c: 4 } });
      const bundles: string[] = [];
      for (const name of ['one', 'two']) {
        queue.stream.pipe(holdingBuffer(10, name)).subscribe((bundle) => {
          bundles.push(`${name} ${bundle.map(({ value }) => value).join('')} ${clock.now()}`);
          for (const delivery of bundle) delivery.ack();
        });
      }
      const reports = drainAt(queue, 6);
      flush();
      expect(bundles).toEqual(['one abc 6', 'two abc 6']);
      expect(reports).toEqual([[6, { ...NO_FATES, delivered: 3, acked: 3 }]]);
    });
  });
});

describe('the deadline of a drain', () => {
  it('abandons what not all have voted on, whatever was said', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abcd');
      const results: string[] = [];
      const lost: string[] = [];
      const watch: Deed = ({ signal, value }) =>
        signal.addEventListener('abort', () => lost.push(`${value} ${clock.now()}`));
      const late = after(20, noting(results as never, ack));
      const voters = [
        voter(queue.stream, { a1: ack, b1: dead, c1: nack(), d1: both(watch, late) }),
        voter(queue.stream, {
          a1: both(watch, late),
          b1: both(watch, late),
          c1: both(watch, late),
          d1: both(watch, late),
        }),
      ];
      const reports = drainAt(queue, 3, 7);
      flush();
      expect(voters.map(({ seen }) => seen.at(-1))).toEqual(['| 10', '| 10']);
      expect(queue.told).toEqual(['drain 3', 'back a1 10', 'back b1 10', 'back c1 10', 'back d1 10', 'close 10']);
      expect(reports).toEqual([[10, { ...NO_FATES, delivered: 4, abandoned: 4 }]]);
      expect(lost).toEqual(['a 10', 'b 10', 'c 10', 'd 10', 'd 10']);
      expect(results).toEqual(['stale', 'stale', 'stale', 'stale', 'stale']);
      expect(queue.stream.fate()).toMatchObject({ late: 5 });
    });
  });

  it('first marks everything, then tells: who is told can settle nothing any more', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const results: string[] = [];
      const voters: Voter[] = [];
      const tellAll: Deed = ({ signal }) =>
        signal.addEventListener('abort', () => {
          for (const { deliveries } of voters) for (const delivery of deliveries) results.push(delivery.ack());
        });
      voters.push(voter(queue.stream, { a1: tellAll, b1: never }), voter(queue.stream, { a1: never, b1: never }));
      drainAt(queue, 3, 7);
      flush();
      expect(results).toEqual(['stale', 'stale', 'stale', 'stale']);
    });
  });

  it('what is decided and not confirmed counts as abandoned, and is not given back', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { confirmMs: 50 });
      voter(queue.stream, { b1: never });
      voter(queue.stream);
      const reports = drainAt(queue, 3, 7);
      flush();
      expect(queue.told).toEqual(['acked a1 1', 'drain 3', 'back b1 10', 'close 10']);
      expect(reports).toEqual([[10, { ...NO_FATES, delivered: 2, abandoned: 2 }]]);
    });
  });
});
