import { map, type OperatorFunction } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import { DUTY, type Delivery, type Holder } from '../../../src/observables/delivery/types.js';
import { holdingBuffer } from '../support/buffer.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, both, leave, nack, never, voter, type Deed, type Voter } from '../support/voter.js';

const acked: OperatorFunction<Delivery<string>[], string> = map((bundle) =>
  bundle.map((delivery) => (delivery.ack(), delivery.value)).join(''),
);

function released(): { readonly calls: string[]; readonly holder: (name: string) => Holder } {
  const calls: string[] = [];
  return { calls, holder: (name) => ({ name, release: (why) => calls.push(`${name} ${why} ${clock.now()}`) }) };
}

describe('starvation with several voters', () => {
  it('a holder on one side only: nobody starves while the other side has something to decide', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('abcde', { window: { deliveries: 2 } });
      voter(queue.stream, { a1: after(5, ack), b1: after(9, ack) });

      // Only from 10 on nothing can happen but that the buffer lets go.
      expectObservable(queue.stream.pipe(holdingBuffer(10), acked)).toBe('----------xy', { x: 'ab', y: 'cd' });
      flush();
      expect(queue.told).toEqual(['acked a1 10', 'acked b1 10', 'acked c1 11', 'acked d1 11']);
    });
  });

  it('the other side decides at once: the buffer is released as if it were alone', () => {
    run(({ expectObservable }) => {
      const queue = new HotQueue('abcde', { window: { deliveries: 2 } });
      voter(queue.stream);

      // `e` may be followed by more.
      expectObservable(queue.stream.pipe(holdingBuffer(10), acked)).toBe('-xy', { x: 'ab', y: 'cd' });
    });
  });

  it('the other side leaves: what remains is held by all who are left', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 2 } });
      const { calls, holder } = released();
      const one = holder('buffer');
      const keep: Deed = (delivery) => delivery[DUTY].hold(one);
      voter(queue.stream, { a1: keep, b1: keep });
      const other = voter(queue.stream, { a1: never, b1: never });
      clock.after(6, () => other.subscription.unsubscribe());
      flush();
      expect(calls).toEqual(['buffer starved 6']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 2, abandoned: 0 });
    });
  });

  it('holders on both sides: both are released', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 2 } });
      const { calls, holder } = released();
      for (const name of ['one', 'two']) {
        const own = holder(name);
        const keep: Deed = (delivery) => delivery[DUTY].hold(own);
        voter(queue.stream, { a1: keep, b1: keep });
      }
      flush();
      expect(calls).toEqual(['one starved 1', 'two starved 1']);
    });
  });

  it('holders of different deliveries: nobody starves, each side may still decide', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 2 } });
      const { calls, holder } = released();
      const keep: Deed = (delivery) => delivery[DUTY].hold(holder('buffer'));
      voter(queue.stream, { a1: keep, b1: never });
      voter(queue.stream, { a1: never, b1: keep });
      flush();
      expect(calls).toEqual([]);
    });
  });

  it('a side that has voted holds nothing: its buffer is not asked for what it has decided', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 2 } });
      const { calls, holder } = released();
      const [first, second] = [holder('first'), holder('second')];
      const keep =
        (by: Holder): Deed =>
        (delivery) =>
          delivery[DUTY].hold(by);
      voter(queue.stream, { a1: both(keep(first), ack), b1: both(keep(first), ack) });
      voter(queue.stream, { a1: keep(second), b1: keep(second) });
      flush();
      expect(calls).toEqual(['second starved 1']);
    });
  });

  it('what is let go again is no longer held; what was held twice is released once', () => {
    run(({ flush }) => {
      const queue = new HotQueue('abc', { window: { deliveries: 2 } });
      const { calls, holder } = released();
      const [one, other] = [holder('one'), holder('other')];
      const held: Delivery<string>[] = [];
      const keep: Deed = (delivery) => {
        held.push(delivery);
        for (const by of [one, one, other]) delivery[DUTY].hold(by);
      };
      voter(queue.stream, { a1: both(keep, (delivery) => delivery[DUTY].unhold(other)), b1: keep });
      const second = voter(queue.stream, { a1: never, b1: never });
      clock.after(3, () => {
        // Unheld by all, `a` could be decided by its own side.
        held[0]?.[DUTY].unhold(one);
        held[0]?.[DUTY].unhold(one);
      });
      clock.after(5, () => second.deliveries.forEach((delivery) => delivery.ack()));
      clock.after(8, () => held[0]?.[DUTY].hold(one));
      flush();
      expect(calls).toEqual(['one starved 8', 'other starved 8']);
    });
  });

  it('what comes again is held by nobody, until somebody holds it again', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { window: { deliveries: 1 } });
      const { calls, holder } = released();
      const [one, two] = [holder('one'), holder('two')];
      const keep =
        (by: Holder, then: Deed): Deed =>
        (delivery, subscription) => {
          delivery[DUTY].hold(by);
          then(delivery, subscription);
        };
      const nacks: Deed = after(3, (delivery) => delivery.nack({ delayMs: 5 }));
      voter(queue.stream, { a1: keep(one, nacks), a2: keep(one, never) });
      voter(queue.stream, { a1: keep(two, nacks), a2: after(4, keep(two, never)) });
      flush();
      expect(calls).toEqual(['one starved 1', 'two starved 1', 'one starved 13', 'two starved 13']);
    });
  });

  it('who has no say any more holds nothing: one that has voted, one that has left, a handle of the attempt before', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { window: { deliveries: 1 } });
      const { calls, holder } = released();
      const one = holder('one');
      const reasons: string[] = [];
      queue.stream.status$.subscribe((status) => reasons.push(`${status.reasons.join()} ${clock.now()}`));
      const first = voter(queue.stream, { a1: nack(2), a2: ack });
      let second: Voter | undefined;
      let third: Voter | undefined;
      clock.after(2, () => {
        second = voter(queue.stream, { a2: never });
        third = voter(queue.stream, { a2: leave });
      });
      clock.after(6, () => {
        for (const { deliveries } of [first, third!]) for (const delivery of deliveries) delivery[DUTY].hold(one);
      });
      clock.after(8, () => second?.deliveries[0]?.[DUTY].hold(holder('two')));
      flush();
      expect(calls).toEqual(['two starved 8']);
      expect(reasons.filter((reason) => reason.includes('starved'))).toEqual(['window,starved 8']);
    });
  });

  it('an observer’s buffer starves nobody', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('abcd', { window: { deliveries: 2 } });
      voter(queue.stream, { a1: after(5, ack), b1: after(5, ack) });
      const seen = queue.stream.observe().pipe(
        holdingBuffer(4),
        map((bundle) => bundle.map(({ value }) => value).join('')),
      );
      const status = queue.stream.status$.pipe(map(({ reasons }) => reasons.join()));

      expectObservable(seen).toBe('-------x', { x: 'abcd' });
      expectObservable(status, '^-----!').toBe('aw----', { a: '', w: 'window' });
      flush();
    });
  });

  it('is said: who has voted on what holds the stream up', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { window: { deliveries: 1 } });
      voter(queue.stream);
      voter(queue.stream, { a1: never });
      voter(queue.stream, { a1: never });
      let detail = '';
      clock.after(5, () => queue.stream.status$.subscribe((status) => (detail = status.detail)).unsubscribe());
      flush();
      expect(detail).toContain('the oldest of 1, flo:queue@0, attempt 1, is unsettled since 4 ms, 1 of 3 have voted');
    });
  });
});
