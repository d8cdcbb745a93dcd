// The pipeline with its real clients and the embedded servers, 10 ms away; what is on the wires is drawn.
import { map, timer, type Observable } from 'rxjs';
import { decodeRecords } from 'sluice/lance';
import { fault, marbles, type LanceRig } from 'sluice/testing';
import { chargesIn, LOG, paid, QUEUE, writeTo, type Charge } from './pipeline.js';

const charge = (id: string, customer = id): string => JSON.stringify({ id, customer, cents: 500 } satisfies Charge);
const paidAfter =
  (ms: number) =>
  ({ id }: Charge): Observable<string> =>
    timer(ms).pipe(map(() => `payment for ${id}`));

/** Which charges the log has receipts of. */
function receiptsIn({ server }: LanceRig): string[] {
  const texts = decodeRecords(server.read(LOG)).records.map(({ value }) => Buffer.from(value).toString());
  return texts.map((text) => (JSON.parse(text) as { charge: string }).charge);
}

describe('the pipeline', () => {
  it('writes the receipt before it acks, as the wires show', () => {
    marbles(function* ({ flo, lance, expectWire, watch }) {
      const queue = flo();
      const log = lance();
      log.server.createTopic(LOG);
      queue.enqueue(QUEUE, charge('a'));
      const receipts = watch(paid(chargesIn(queue.client), { pay: paidAfter(50), write: writeTo(log.producer()) }));

      // The queue: C connects, D dequeues, d has a message, A acks; the next poll waits until it is left.
      expectWire(queue.wire).toBe('C 19ms (oD) 16ms (dD) 127ms A 19ms a 868ms z 999ms X');
      // The log: C connects, L looks for the topic, I ingests the receipt, a has acknowledged it.
      expectWire(log.wire).toBe('90ms C 19ms (oC) 16ms (oL) 16ms (tI) 17ms a 938ms X');
      yield 500;
      expect(receipts.values).toEqual([{ charge: 'a', payment: 'payment for a' }]);
      receipts.unsubscribe();
    });
  });

  it('keeps a charge while the log is away, and renews its lease', () => {
    marbles(function* ({ flo, lance, expectFate, expectRecording, watch }) {
      const queue = flo();
      const log = lance();
      log.server.createTopic(LOG);
      log.faults('20ms r', { r: fault.restart({ downMs: 6_000 }) });
      queue.enqueue(QUEUE, charge('a'));
      const charges = chargesIn(queue.client);
      const receipts = watch(paid(charges, { pay: paidAfter(50), write: writeTo(log.producer()) }));

      expectFate(charges).toBe('                                                         6611ms a');
      // T renews the lease of five seconds when half of it is over, t says that it is renewed.
      expectRecording(queue.wire.only('T', 't', 'A')).toBe('2520ms T 19ms t 2479ms T 19ms t 1550ms A');
      yield 10_000;
      expect(receiptsIn(log)).toEqual(['a']);
      receipts.unsubscribe();
    });
  });

  it('finishes what is under way when it is told to stop, and leaves the rest in the queue', () => {
    marbles(function* ({ flo, lance, expectFate, watch }) {
      const queue = flo();
      const log = lance();
      log.server.createTopic(LOG);
      queue.enqueue(QUEUE, ...'abcdefghijkl'.split('').map((id) => charge(id)));
      const charges = chargesIn(queue.client);
      const receipts = watch(paid(charges, { pay: paidAfter(100), write: writeTo(log.producer()) }));
      yield 100;
      const report = watch(charges.drain({ deadlineMs: 5_000 }));

      expectFate(charges).toBe('241ms (aaaa) 115ms a 20ms (aaa|)');
      yield 6_000;
      expect(receipts.ended).toBe('complete');
      expect(report.values).toEqual([{ delivered: 8, acked: 8, nacked: 0, dead: 0, abandoned: 0, late: 0 }]);
      expect(receiptsIn(log)).toHaveLength(8);
      expect(queue.server.queue(QUEUE)).toMatchObject({ ready: 4, leased: 0 });
    });
  });

  it('calls a payment off when the lease of its charge is lost, and the charge comes again', () => {
    marbles(function* ({ cold, flo, lance, expectFate, expectSubscriptions, watch }) {
      const queue = flo();
      const log = lance();
      log.server.createTopic(LOG);
      queue.enqueue(QUEUE, charge('a'));
      const charges = chargesIn(queue.client);
      const hanging = cold('-');
      const requests = [hanging];
      const pay = (paying: Charge): Observable<string> => requests.shift() ?? paidAfter(50)(paying);
      const receipts = watch(paid(charges, { pay, write: writeTo(log.producer()) }));

      // Nothing gets through any more, and nobody is told.
      queue.faults('1s o');
      expectSubscriptions(hanging.subscriptions).toBe('40ms ^ 4979ms !');
      expectFate(charges).toBe('                       5020ms            x 7610ms a', {
        x: { fate: 'abandoned', reason: 'lease', by: 'work', attempt: 1 },
        a: { fate: 'acked', attempt: 2 },
      });
      yield 30_000;
      expect(receiptsIn(log)).toEqual(['a']);
      receipts.unsubscribe();
    });
  });
});
