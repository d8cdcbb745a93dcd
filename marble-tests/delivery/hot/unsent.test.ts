import { clock } from '../../../src/foundation/clock.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Decision } from '../../../src/observables/delivery/core/source.js';
import type { Delivery, Outcome } from '../../../src/observables/delivery/types.js';
import { HotQueue } from '../support/hot-queue.js';
import { run } from '../support/marbles.js';
import { after, ack, leave, voter, type Deed } from '../support/voter.js';

type Answering = Delivery<string, string>;
const answer =
  (result: string): Deed =>
  (delivery) =>
    (delivery as unknown as Answering).ack(result);
const notBad = (decision: Decision): void => {
  if (decision.fate === 'acked' && decision.result === 'bad') throw new Error('it can’t be sent');
  if (decision.fate === 'dead' && decision.options.reason === 'bad') throw new Error('it can’t be sent');
};
const bury =
  (reason: string): Deed =>
  (delivery) =>
    delivery.dead({ reason });

describe('a decision that can’t be sent', () => {
  it('of several results the last one counts: what can’t be sent fails in its owner’s hands', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { encode: notBad });
      const results: unknown[] = [];
      voter(queue.stream, { a1: answer('bad') });
      voter(queue.stream, { a1: answer('good') });
      queue.send('b');
      voter(queue.stream, {
        a1: after(1, (delivery, subscription) => {
          try {
            answer('bad')(delivery, subscription);
          } catch (error) {
            results.push((error as Error).message);
          }
          results.push(delivery.ack(), delivery.ack());
        }),
      });
      flush();
      expect(results).toEqual(['it can’t be sent', 'settled', 'again']);
      expect(queue.told).toEqual(['acked b1 1', 'acked a1 2']);
      expect(queue.stream.fate()).toMatchObject({ acked: 2, abandoned: 0, late: 1 });
    });
  });

  it('is forgotten: the same subscriber may decide otherwise', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { encode: notBad });
      voter(queue.stream);
      voter(queue.stream, {
        a1: (delivery, subscription) => {
          expect(() => bury('bad')(delivery, subscription)).toThrow('it can’t be sent');
          expect(delivery.ack()).toBe('settled');
        },
      });
      flush();
      expect(queue.told).toEqual(['acked a1 1']);
    });
  });

  it('the vote is out again: it still is lost when its subscriber leaves', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { encode: notBad });
      voter(queue.stream);
      const other = voter(queue.stream, {
        a1: (delivery, subscription) => expect(() => answer('bad')(delivery, subscription)).toThrow('it can’t be sent'),
      });
      clock.after(5, () => {
        expect(other.deliveries[0]?.signal.aborted).toBe(false);
        other.subscription.unsubscribe();
        expect(other.deliveries[0]?.signal.aborted).toBe(true);
      });
      flush();
      expect(queue.told).toEqual(['back a1 5']);
    });
  });

  it('`work` retries its own', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { encode: notBad });
      const results: unknown[] = [];
      voter(queue.stream);
      queue.stream
        .pipe(work((_value, { attempt }) => (attempt === 1 ? 'bad' : 'good')))
        .subscribe((result) => results.push(result));
      flush();
      expect(results).toEqual(['good']);
      expect(queue.stream.fate()).toMatchObject({ acked: 1 });
    });
  });

  it.each([
    ['votes', after(3, ack), 'a1 4'],
    ['leaves', after(3, leave), 'a1 4'],
  ] as const)(
    'of one who has been told that it is decided: abandoned when the other %s, and the outcome says why',
    (_name, last, when) => {
      run(({ flush }) => {
        const queue = new HotQueue('ab', { atMs: { b: 9 }, encode: notBad });
        const outcomes: Outcome[] = [];
        const first = voter(queue.stream, { a1: bury('bad') });
        voter(queue.stream, { a1: last });
        first.deliveries[0]?.outcome$.subscribe();
        clock.after(2, () => first.deliveries[0]?.outcome$.subscribe((outcome) => outcomes.push(outcome)));
        flush();
        expect(queue.told).toEqual([`back ${when}`, 'acked b1 9']);
        expect(outcomes).toEqual([{ fate: 'abandoned', error: expect.objectContaining({ code: 'UNDECIDED' }) }]);
        expect(outcomes[0]?.error?.message).toBe('what was voted could not be carried out: it can’t be sent');
        expect(queue.stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1, late: 0 });
        expect(queue.taken).toEqual([0, 0]);
      });
    },
  );

  it('when the last one leaves the session closes all the same', () => {
    run(({ flush }) => {
      const queue = new HotQueue('a', { encode: notBad });
      const voters = [voter(queue.stream, { a1: bury('bad') }), voter(queue.stream, { a1: () => undefined })];
      clock.after(3, () => voters[0]?.subscription.unsubscribe());
      clock.after(4, () => voters[1]?.subscription.unsubscribe());
      flush();
      expect(queue.told).toEqual(['back a1 4', 'close 4']);
      expect(queue.stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
    });
  });
});
