// What the pipeline does with its deliveries; the queue and the log are marbles.
import { map, NEVER, of, throwError, timer, type Observable } from 'rxjs';
import { marbles } from 'sluice/testing';
import { Declined, paid, type Charge, type Ends } from './pipeline.js';

const charge = (id: string, customer = id): Charge => ({ id, customer, cents: 500 });
const written: Ends['write'] = () => of('written');
const paidAfter =
  (ms: number): Ends['pay'] =>
  ({ id }) =>
    timer(ms).pipe(map(() => `payment for ${id}`));

/** Pauses between attempts are random: here they are as long as they can be, 200, 400 and 800 ms. */
const exact = { jitter: 'none' } as const;

describe('a charge', () => {
  it('is acked when its receipt is written, not before', () => {
    marbles(({ cold, deliveries, expectFate, expectObservable }) => {
      const charges = deliveries('-a----------|', { a: charge('a') });
      const pay = () => cold('            --(p|)', { p: 'payment 7' });
      const write = () => cold('            ----|');
      const receipts = paid(charges, { pay, write });

      expectObservable(receipts).toBe('-------r----|', { r: { charge: 'a', payment: 'payment 7' } });
      expectFate(charges).toBe('       -------a----|');
    });
  });

  it('is tried again when the provider is overloaded, and holds its place meanwhile', () => {
    marbles(({ cold, deliveries, expectFate, expectCredit }) => {
      const charges = deliveries('a|', { a: charge('a') }, { window: { deliveries: 4 } });
      const answers = ['---#', '---#', '---(p|)'];
      const pay = (): Observable<string> => cold(answers.shift() ?? '#', undefined, new Error('503'));
      paid(charges, { pay, write: written }).subscribe();

      expectFate(charges).toBe('  609ms (a|)');
      expectCredit(charges).toBe('3 608ms 4');
    }, exact);
  });

  it('that was declined is dead at once', () => {
    marbles(({ deliveries, expectFate }) => {
      const charges = deliveries('a-b|', { a: charge('a'), b: charge('b') });
      const pay = ({ id }: Charge) => (id === 'a' ? throwError(() => new Declined('no cover')) : of('payment 8'));
      paid(charges, { pay, write: written }).subscribe();

      expectFate(charges).toBe('d-a|', { d: { fate: 'dead', by: 'work', attempt: 1, reason: 'no cover' } });
    });
  });

  it('waits for the one before it of the same customer, not for others', () => {
    marbles(({ deliveries, expectFate, expectObservable }) => {
      const charges = deliveries('(abc)-----|', {
        a: charge('a', 'ann'),
        b: charge('b', 'ann'),
        c: charge('c', 'bob'),
      });
      const receipts = paid(charges, { pay: paidAfter(4), write: written }).pipe(map((receipt) => receipt.charge));

      expectObservable(receipts).toBe('----(ac)b-|');
      expectFate(charges).toBe('       ----(xz)y-|', {
        x: { fate: 'acked', value: { id: 'a' } },
        y: { fate: 'acked', value: { id: 'b' } },
        z: { fate: 'acked', value: { id: 'c' } },
      });
    });
  });

  it('that hangs is called off after ten seconds and tried again', () => {
    marbles(({ cold, deliveries, expectFate, expectSubscriptions }) => {
      const charges = deliveries('a|', { a: charge('a') });
      const hanging = cold('-');
      const requests = [hanging, of('payment 9')];
      paid(charges, { pay: () => requests.shift() ?? NEVER, write: written }).subscribe();

      expectSubscriptions(hanging.subscriptions).toBe('^ 9999ms !');
      expectFate(charges).toBe('10200ms (a|)');
    }, exact);
  });
});
