import { clock } from '../../../src/foundation/clock.js';
import { mapDelivery } from '../../../src/observables/delivery/operators/map-delivery.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { DUTY, type DeadPart, type Settled } from '../../../src/observables/delivery/types.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { ack, after, dead, leave, nack, never, noting, voter, type Deed } from '../support/voter.js';

describe('an observer of a hot stream', () => {
  it('opens no session, and keeps none open', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab', { atMs: { b: 9 } });
      const observer = voter(queue.stream.observe());
      clock.after(2, () => expect(queue.sessions).toHaveLength(0));
      clock.after(3, () => {
        const only = voter(queue.stream);
        clock.after(3, () => only.subscription.unsubscribe());
      });
      flush();
      expect(observer.seen).toEqual(['a1 4']);
      expect(queue.told).toEqual(['acked a1 4', 'close 6']);
    });
  });

  const deeds: readonly (readonly [name: string, deed: Deed, result: Settled[]])[] = [
    ['acks', ack, ['observer']],
    ['nacks', nack(), ['observer']],
    ['says dead', dead, ['observer']],
    ['does nothing', never, []],
    ['leaves', leave, []],
  ];
  const voters: readonly (readonly [name: string, first: Deed, second: Deed, told: string[]])[] = [
    ['both ack', ack, after(2, ack), ['acked a1 3']],
    ['one nacks', nack(4), after(2, ack), ['nacked+4 a1 3', 'acked a2 7']],
    ['one says dead', ack, dead, ['dead a1 1']],
    ['one leaves', after(1, leave), after(2, ack), ['back a1 3']],
  ];

  describe.each(voters)('whatever it does, when of two voters %s', (_name, first, second, told) => {
    it.each(deeds)('%s', (_deed, deed, result) => {
      run(({ flush }) => {
        const queue = new HotQueue('a');
        const results: Settled[] = [];
        voter(queue.stream.observe(), { a1: result.length === 0 ? deed : noting(results, deed) });
        voter(queue.stream, { a1: first });
        voter(queue.stream, { a1: second });
        flush();
        expect(results).toEqual(result);
        expect(queue.told).toEqual(told);
        expect(queue.stream.fate().late).toBe(0);
        expect(queue.taken).toEqual([0, 0]);
      });
    });
  });

  it('sees each delivery once, before the voters, with its attempt and its outcome', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const calls: string[] = [];
      queue.stream.observe().subscribe((delivery) => {
        calls.push(`observer ${delivery.value}${delivery.attempt} ${delivery.source.position}`);
        delivery.outcome$.subscribe(({ fate }) => calls.push(`${fate} ${clock.now()}`));
      });
      const note =
        (then: Deed): Deed =>
        (delivery, subscription) => {
          calls.push(`voter ${delivery.value}${delivery.attempt}`);
          then(delivery, subscription);
        };
      voter(queue.stream, { a1: note(nack(3)), a2: note(ack) });
      voter(queue.stream, { a1: note(ack), a2: note(after(2, ack)) });
      flush();
      expect(calls).toEqual([
        ...['observer a1 a', 'voter a1', 'voter a1', 'nacked 1'],
        ...['observer a2 a', 'voter a2', 'voter a2', 'acked 6'],
      ]);
    });
  });

  it('its duty is open while the delivery is, and lost when that is lost', () => {
    run(({ flush }) => {
      const queue = new HotQueue('ab');
      const observer = voter(queue.stream.observe(), { a1: never, b1: never });
      voter(queue.stream, { a1: after(4, ack), b1: never });
      const other = voter(queue.stream, { b1: after(4, nack(9)), a1: never });
      const open = (): boolean[] => observer.deliveries.map((delivery) => delivery[DUTY].open);
      clock.after(2, () => expect(open()).toEqual([true, true]));
      clock.after(7, () => other.subscription.unsubscribe());
      clock.after(8, () => {
        // One has acked `a`, the other has left; nobody but one has decided about `b`.
        expect(open()).toEqual([false, true]);
        expect(observer.deliveries.map(({ signal }) => signal.aborted)).toEqual([true, false]);
      });
      flush();
      expect(queue.told).toEqual(['back a1 7']);
    });
  });

  it('of an attempt that has come again keeps nothing open', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const observer = voter(queue.stream.observe(), { a1: never, a2: never });
      voter(queue.stream, { a1: nack(3), a2: never });
      clock.after(6, () => {
        expect(observer.deliveries.map((delivery) => delivery[DUTY].open)).toEqual([false, true]);
        queue.lose('a');
        expect(observer.deliveries.map(({ signal }) => signal.aborted)).toEqual([false, true]);
      });
      flush();
    });
  });

  it('that makes leave whoever had the last attempt alone decides nothing about this one', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const first = voter(queue.stream, { a1: nack(5) });
      const second: string[] = [];
      clock.after(3, () => queue.stream.subscribe((delivery) => second.push(delivery.ack())));
      queue.stream.observe().subscribe(({ attempt }) => {
        if (attempt === 2) first.subscription.unsubscribe();
      });
      flush();
      expect([first.seen, second]).toEqual([['a1 1'], ['settled']]);
      expect(queue.told).toEqual(['nacked+5 a1 1', 'acked a2 6']);
    });
  });

  it('buries nothing, and is told so on a later turn', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a');
      const calls: string[] = [];
      const part: DeadPart = { bytes: new Uint8Array(), position: 1n, type: 0 };
      queue.stream.observe().subscribe((delivery) => {
        delivery[DUTY].bury(part, {}, (error) => calls.push(`then ${String(error)}`));
        calls.push('buried');
      });
      voter(queue.stream);
      flush();
      expect(calls).toEqual(['buried', 'then undefined']);
      expect(queue.told).toEqual(['acked a1 1']);
    });
  });

  it('work and mapDelivery go on beside the voters', () => {
    run(({ expectObservable, flush }) => {
      const queue = new HotQueue('abc');
      const look = queue.stream.observe().pipe(
        mapDelivery((value) => `${value}!`),
        work((value) => value),
      );
      voter(queue.stream, { b1: after(2, nack(3)) });
      voter(queue.stream);

      expectObservable(look).toBe('-(xyz)y', { x: 'a!', y: 'b!', z: 'c!' });
      flush();
      expect(queue.told).toEqual(['acked a1 1', 'acked c1 1', 'nacked+3 b1 3', 'acked b2 6']);
    });
  });
});
