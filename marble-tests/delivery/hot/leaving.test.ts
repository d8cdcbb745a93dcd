import { firstValueFrom, take } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import { DUTY, type Settled } from '../../../src/observables/delivery/types.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, both, dead, leave, nack, never, noting, voter, type Deed } from '../support/voter.js';

const leaves =
  (other: () => { subscription: { unsubscribe(): void } } | undefined): Deed =>
  () =>
    other()?.subscription.unsubscribe();

describe('leaving a hot stream', () => {
  it('inside a neighbour’s next, before its turn: it is handed nothing, and has abandoned it', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const second = (): ReturnType<typeof voter> => voters[1]!;
      const voters = [voter(queue.stream, { a1: both(leaves(second), ack) }), voter(queue.stream)];
      flush();
      expect(voters.map(({ seen }) => seen)).toEqual([['a1 1', 'b1 1'], []]);
      expect(queue.told).toEqual(['back a1 1', 'acked b1 1']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1, late: 0 });
    });
  });

  it('inside a neighbour’s next, after its turn, before it has decided', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const first = voter(queue.stream, { a1: after(3, ack) });
      const second = voter(queue.stream, { a1: both(() => first.subscription.unsubscribe(), ack) });
      flush();
      expect([first.seen, second.seen]).toEqual([['a1 1'], ['a1 1', 'b1 1']]);
      expect(queue.told).toEqual(['back a1 1', 'acked b1 1']);
      expect(queue.stream.fate()).toMatchObject({ abandoned: 1, acked: 1, late: 1 });
    });
  });

  it('inside a neighbour’s next, after it has decided: its vote stands', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const first = voter(queue.stream, { a1: nack(2) });
      const second = voter(queue.stream, { a1: both(() => first.subscription.unsubscribe(), ack) });
      flush();
      expect([first.seen, second.seen]).toEqual([['a1 1'], ['a1 1', 'a2 3']]);
      expect(queue.told).toEqual(['nacked+2 a1 1', 'acked a2 3']);
    });
  });

  it('both inside the next of the first: the session ends, the second is handed nothing', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const second = (): ReturnType<typeof voter> => voters[1]!;
      const voters = [voter(queue.stream, { a1: both(leaves(second), leave) }), voter(queue.stream)];
      flush();
      expect(voters.map(({ seen }) => seen)).toEqual([['a1 1'], []]);
      // `b` has arrived, or is on its way: nobody has seen it.
      expect(queue.told).toEqual(['back a1 1', 'close 1', 'unwanted b1 1']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
    });
  });

  it('the last one asks for nothing more, whatever its leaving makes room for', () => {
    for (const first of [both(dead, leave), both(nack(3), leave), leave]) {
      run(({ flush }) => {
        const queue = new HotQueue('ab', { window: { deliveries: 1 } });
        voter(queue.stream, { a1: first });
        voter(queue.stream, { a1: after(3, leave) });
        flush();
        expect(queue.told.at(-1)).toBe('close 4');
        expect(queue.messages).toEqual(['b']);
        expect(queue.taken).toEqual([0, 0]);
      });
    }
  });

  it('what the leaver alone was handed is given back, what came for both waits for the other', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { atMs: { b: 5 } });
      const first = voter(queue.stream, { a1: never, b1: never });
      let second: ReturnType<typeof voter> | undefined;
      clock.after(3, () => (second = voter(queue.stream, { b1: after(10, ack) })));
      clock.after(8, () => first.subscription.unsubscribe());
      flush();
      expect([first.seen, second?.seen]).toEqual([['a1 1', 'b1 5'], ['b1 5']]);
      expect(queue.told).toEqual(['back a1 8', 'back b1 15']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, abandoned: 2 });
      expect(queue.taken).toEqual([0, 0]);
    });
  });

  it('what is given back comes again to those who stayed', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { backMs: 4 });
      const first = voter(queue.stream, { a1: after(2, leave) });
      const second = voter(queue.stream);
      flush();
      expect([first.seen, second.seen]).toEqual([['a1 1'], ['a1 1', 'a2 8']]);
      expect(queue.told).toEqual(['back a1 3', 'acked a2 8']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
    });
  });

  it('its room is used again', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 1 } });
      const first = voter(queue.stream, { a1: never });
      const second = voter(queue.stream, { a1: never });
      clock.after(5, () => first.subscription.unsubscribe());
      clock.after(7, () => second.deliveries[0]?.ack());
      flush();
      expect(second.seen).toEqual(['a1 1', 'b1 8', 'c1 9']);
      expect(queue.taken).toEqual([0, 0]);
    });
  });

  it('`take` has abandoned what it was not told was settled; acked inside, it has not', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const results: Settled[] = [];
      voter(queue.stream, { b1: after(3, ack) });
      voter(queue.stream.pipe(take(1)), { a1: noting(results, ack) });
      void firstValueFrom(queue.stream).then(undefined, () => undefined);
      flush();
      expect(results).toEqual(['settled']);
      expect(queue.told).toEqual(['back a1 1', 'acked b1 4']);
    });
  });

  it('its handle is stale, and counts as late', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const results: Settled[] = [];
      const decide = (deed: Deed): Deed => noting(results, deed);
      voter(queue.stream, { a1: both(leave, decide(ack)) });
      // Alone with `b`, it leaves that to a late one.
      voter(queue.stream, { a1: never, b1: both(leave, both(decide(nack()), decide(dead))) });
      flush();
      expect(results).toEqual(['stale', 'stale', 'stale']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, abandoned: 2, late: 3 });
    });
  });

  it('aborts the signals of what the leaver has not decided, at once; those who stay keep theirs', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc');
      const aborted: string[] = [];
      const watch =
        (who: string, then: Deed): Deed =>
        (delivery, subscription) => {
          delivery.signal.addEventListener('abort', () => aborted.push(`${who}${delivery.value} ${clock.now()}`));
          delivery[DUTY].onLost(() => aborted.push(`lost ${who}${delivery.value}`));
          then(delivery, subscription);
        };
      const first = voter(queue.stream, { a1: watch('1', never), b1: watch('1', ack), c1: watch('1', never) });
      voter(queue.stream, { a1: watch('2', never), b1: watch('2', after(8, ack)), c1: watch('2', after(1, nack(20))) });
      clock.after(4, () => {
        first.subscription.unsubscribe();
        expect(aborted).toEqual(['1a 4', 'lost 1a', '1c 4', 'lost 1c']);
      });
      clock.after(5, () => {
        expect(first.deliveries.map(({ signal }) => signal.aborted)).toEqual([true, false, true]);
        // One that is first read now, too.
        expect(first.deliveries.map((delivery) => delivery[DUTY].open)).toEqual([false, false, false]);
      });
      clock.after(15, () => expect(aborted).toHaveLength(4));
      flush();
      expect(queue.told).toEqual(['nacked+20 c1 4', 'acked b1 9', 'acked c2 24']);
    });
  });

  it('tells the outcome to everyone, those who left included', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abcd');
      const outcomes: string[] = [];
      const watch =
        (who: string, then: Deed): Deed =>
        (delivery, subscription) => {
          delivery.outcome$.subscribe(({ fate }) => outcomes.push(`${who}${delivery.value} ${fate} ${clock.now()}`));
          then(delivery, subscription);
        };
      const deeds = (who: string, a: Deed, b: Deed, c: Deed, d: Deed): Record<string, Deed> => ({
        a1: watch(who, a),
        b1: watch(who, b),
        c1: watch(who, c),
        d1: watch(who, d),
      });
      voter(queue.stream, deeds('1', ack, dead, never, both(never, after(2, leave))));
      voter(queue.stream, deeds('2', ack, nack(), after(4, ack), after(5, nack(3))));
      flush();
      expect(outcomes).toEqual([
        '1a acked 1',
        '2a acked 1',
        '1b dead 1',
        '2b dead 1',
        '1c abandoned 5',
        '2c abandoned 5',
        '1d nacked 6',
        '2d nacked 6',
      ]);
    });
  });

  it('one that is told of its loss may make others leave', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const first = voter(queue.stream, { a1: never, b1: never });
      const second = voter(queue.stream, { a1: never, b1: never });
      const third = voter(queue.stream, { a1: never, b1: never });
      clock.after(2, () => {
        first.deliveries[0]?.[DUTY].onLost(() => second.subscription.unsubscribe());
        second.deliveries[1]?.[DUTY].onLost(() => third.subscription.unsubscribe());
      });
      clock.after(4, () => first.subscription.unsubscribe());
      flush();
      expect(queue.told).toEqual(['back a1 4', 'back b1 4', 'close 4']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, abandoned: 2 });
      expect(queue.taken).toEqual([0, 0]);
    });
  });
});
