import { clock } from '../../../src/foundation/clock.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Settled } from '../../../src/observables/delivery/types.js';
import { HotQueue } from '../support/hot-queue.js';
import { later } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ack, after, both, dead, leave, nack, never, noting, voter, type Deed } from '../support/voter.js';

describe('a lease that ends with several voters', () => {
  const earlier: readonly (readonly [name: string, deed: Deed])[] = [
    ['nobody has voted', never],
    ['one has acked', ack],
    ['one has nacked', nack(2)],
    ['one has said that it is dead', dead],
    ['one has left', leave],
  ];
  const latest: readonly (readonly [name: string, deed: Deed])[] = [
    ['acks', ack],
    ['nacks', nack()],
    ['says dead', dead],
  ];

  describe.each(earlier)('%s', (_name, first) => {
    it.each(latest)('the delivery is abandoned, nothing is given back, and who %s then is late', (_deed, then) => {
      run(({ flush }) => {
        const queue = new HotQueue('ab', { atMs: { b: 9 } });
        const results: Settled[] = [];
        const outcomes: string[] = [];
        const lost: string[] = [];
        const watch: Deed = ({ signal, outcome$ }) => {
          signal.addEventListener('abort', () => lost.push(`${clock.now()}`));
          outcome$.subscribe(({ fate }) => outcomes.push(fate));
        };
        voter(queue.stream, { a1: first });
        const other = voter(queue.stream, { a1: both(watch, after(6, noting(results, then))) });
        clock.after(4, () => queue.lose('a'));
        flush();
        expect(results).toEqual(['stale']);
        expect(lost).toEqual(['4']);
        expect(outcomes).toEqual(['abandoned']);
        expect(other.seen).toEqual(['a1 1', 'b1 9']);
        expect(queue.told).toEqual(['acked b1 9']);
        expect(queue.stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 0, abandoned: 1, late: 1 });
        expect(queue.taken).toEqual([0, 0]);
      });
    });
  });

  it('every voter’s signal is aborted once; one that has voted hears of it, too', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const lost: string[] = [];
      const watch =
        (name: string): Deed =>
        ({ signal }) =>
          signal.addEventListener('abort', () => lost.push(`${name} ${clock.now()}`));
      voter(queue.stream, { a1: both(watch('voted'), ack) });
      voter(queue.stream, { a1: watch('open') });
      voter(queue.stream, { a1: both(watch('left'), after(1, leave)) });
      clock.after(4, () => queue.lose('a'));
      flush();
      expect(lost.toSorted()).toEqual(['left 2', 'open 4', 'voted 4']);
    });
  });

  it('inside the next of one, the others are not handed what is lost', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const first = voter(queue.stream, { a1: () => queue.lose('a') });
      const second = voter(queue.stream);
      flush();
      expect([first.seen, second.seen]).toEqual([['a1 1', 'b1 1'], ['b1 1']]);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1, late: 0 });
    });
  });

  it('while it waits to come again, it was nacked, and comes to nobody', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const voters = [voter(queue.stream, { a1: nack(10) }), voter(queue.stream)];
      clock.after(4, () => queue.lose('a'));
      flush();
      expect(voters.map(({ seen }) => seen)).toEqual([['a1 1'], ['a1 1']]);
      expect(queue.told).toEqual(['nacked+10 a1 1']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 1, nacked: 1, abandoned: 0 });
      expect(queue.taken).toEqual([0, 0]);
    });
  });

  it('while the server has not confirmed it, the delivery is abandoned', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { confirmMs: 9 });
      const voters = [voter(queue.stream), voter(queue.stream)];
      clock.after(4, () => queue.lose('a'));
      clock.after(5, () => expect(voters.map(({ deliveries }) => deliveries[0]?.signal.aborted)).toEqual([true, true]));
      flush();
      expect(queue.stream.fate()).toMatchObject({ delivered: 1, acked: 0, abandoned: 1 });
    });
  });

  it('`work` on either side drops the job, and its slot is for the next', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const handled: string[] = [];
      const aborted: string[] = [];
      for (const name of ['one', 'two']) {
        queue.stream
          .pipe(
            work((value, { signal }) => {
              signal.addEventListener('abort', () => aborted.push(`${name} ${value}`));
              return later(value === 'a' ? 20 : 2, value);
            }),
          )
          .subscribe((value) => handled.push(`${name} ${value} ${clock.now()}`));
      }
      clock.after(4, () => queue.lose('a'));
      flush();
      expect(aborted).toEqual(['one a', 'two a']);
      // A promise keeps its slot until it settles.
      expect(handled).toEqual(['one b 23', 'two b 23']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
    });
  });
});
