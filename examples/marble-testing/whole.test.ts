// The whole pipeline under load: what went in, what came out, what was left behind.
import { map, throwError, timer } from 'rxjs';
import { fault, testPipeline } from 'sluice/testing';
import { chargesIn, Declined, LOG, paid, QUEUE, writeTo, type Charge, type Ends, type Receipt } from './pipeline.js';

const CUSTOMERS = ['ann', 'bob', 'cleo'];
const charges = Array.from({ length: 12 }, (_, n): Charge => {
  return { id: `charge ${n}`, customer: CUSTOMERS[n % 3] ?? '', cents: 100 * n };
});

/** Of the provider's answers one in four is an error, drawn by `Math.random`; whatever costs 4.00 or 9.00 is declined. */
const pay: Ends['pay'] = ({ id, cents }) => {
  if (cents === 400 || cents === 900) return throwError(() => new Declined('no cover'));
  const answersInMs = 20 + 50 * Math.random();
  const overloaded = Math.random() < 1 / 4;
  return timer(answersInMs).pipe(
    map(() => {
      if (overloaded) throw new Error('503');
      return `payment for ${id}`;
    }),
  );
};

describe('a day of charges', () => {
  it('each is paid or dead, in the order of each customer, though the log breaks off and restarts', () => {
    const { fates, queues, topics } = testPipeline<Receipt>(
      ({ flo, producer }) => paid(chargesIn(flo), { pay, write: writeTo(producer) }),
      {
        flo: { queues: { [QUEUE]: charges } },
        // d: connections break; r: the server restarts.
        lance: {
          topics: { [LOG]: [] },
          faults: { marbles: '300ms d 200ms r', faults: { r: fault.restart({ downMs: 700 }) } },
        },
        forMs: 4_000,
      },
    );

    // A receipt may be written twice: what the log has not acknowledged is sent again.
    const paidIds = [...new Set(topics[LOG]?.map((line) => (JSON.parse(line) as Receipt).charge))];
    const dead = (queues[QUEUE]?.deadLetters ?? []).map((letter) => JSON.parse(letter) as Charge);
    const deadIds = new Set(dead.map(({ id }) => id));
    expect(fates['flo:charges']?.report).toMatchObject({ acked: 10, dead: 2, nacked: 0, abandoned: 0 });
    expect(queues[QUEUE]).toMatchObject({ ready: 0, leased: 0, dead: 2 });
    expect(dead.map(({ cents }) => cents)).toEqual([400, 900]);
    expect(paidIds.length + deadIds.size).toBe(12);
    for (const customer of CUSTOMERS) {
      const owed = charges.filter((charge) => charge.customer === customer && !deadIds.has(charge.id));
      const ids = owed.map(({ id }) => id);
      expect(paidIds.filter((id) => ids.includes(id))).toEqual(ids);
    }
  });
});
