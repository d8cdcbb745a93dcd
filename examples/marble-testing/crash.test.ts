// Whatever crashes, and whenever: each charge that was paid has its receipt.
import { map, timer } from 'rxjs';
import { decodeRecords } from 'sluice/lance';
import { everyCrashPoint } from 'sluice/testing';
import { chargesIn, LOG, paid, QUEUE, writeTo, type Charge, type Receipt } from './pipeline.js';

const charge = (id: string): string => JSON.stringify({ id, customer: 'ann', cents: 500 } satisfies Charge);

describe('wherever a connection, a server or the process crashes', () => {
  it('a charge that is off the queue has its receipt', () => {
    const { points } = everyCrashPoint(
      function* ({ flo, lance, crashable }) {
        const queue = flo();
        const log = lance();
        log.server.createTopic(LOG);
        queue.enqueue(QUEUE, charge('a'));
        crashable(() => {
          const pay = ({ id }: Charge) => timer(30).pipe(map(() => `payment for ${id}`));
          paid(chargesIn(queue.newClient()), { pay, write: writeTo(log.producer()) }).subscribe();
        });
        const left = () => queue.server.queue(QUEUE).ready + queue.server.queue(QUEUE).leased;
        while (left() > 0) yield 250;
        return decodeRecords(log.server.read(LOG)).records.map(({ value }) => Buffer.from(value).toString());
      },
      (receipts) => {
        const paidIds = receipts.map((line) => (JSON.parse(line) as Receipt).charge);
        expect(new Set(paidIds)).toEqual(new Set(['a']));
      },
    );
    expect(points).toBeGreaterThan(100);
  });
});
