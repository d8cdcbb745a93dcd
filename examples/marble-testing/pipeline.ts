import { concat, concatMap, ignoreElements, map, of, type Observable } from 'rxjs';
import { json, work, type DeliveryStream } from 'sluice';
import type { FloClient } from 'sluice/flo';
import type { Producer } from 'sluice/lance';

/** What a customer owes, as it lies in the queue. */
export interface Charge {
  readonly id: string;
  readonly customer: string;
  readonly cents: number;
}

/** What is written to the log of a charge that was paid. */
export interface Receipt {
  readonly charge: string;
  readonly payment: string;
}

/** The provider says no, and will say so again: this charge is not tried a second time. */
export class Declined extends Error {
  override readonly name = 'Declined';
}

/** The two ends of the world that the pipeline touches beside its queue. */
export interface Ends {
  /** One request to the payment provider: emits the payment's id. Leaving it calls the request off. Ids of charges make it safe to repeat. */
  readonly pay: (charge: Charge) => Observable<string>;
  /** Completes when the receipt is safe. */
  readonly write: (receipt: Receipt) => Observable<unknown>;
}

export const QUEUE = 'charges';
export const LOG = 'receipts';

/** The queue of charges: at most eight unsettled, each leased for five seconds at a time and for a minute at most. */
export function chargesIn(flo: FloClient): DeliveryStream<Charge> {
  return flo.queue.messages(QUEUE, {
    codec: json<Charge>(),
    window: { deliveries: 8 },
    visibilityTimeoutMs: 5_000,
    maxLeaseMs: 60_000,
  });
}

/** Writes receipts to the log, each as a line of JSON. */
export function writeTo(log: Producer): Ends['write'] {
  return (receipt) => log.send(LOG, JSON.stringify(receipt));
}

/**
 * Pays charges, four at a time, one after the other for each customer. A charge is acked when its receipt is in the log:
 * whatever happens before, it comes again. What fails is tried four times, what was declined goes to the dead letters.
 */
export function paid(charges: DeliveryStream<Charge>, { pay, write }: Ends): Observable<Receipt> {
  return charges.pipe(
    work(
      (charge) =>
        pay(charge).pipe(
          map((payment): Receipt => ({ charge: charge.id, payment })),
          concatMap((receipt) => concat(write(receipt).pipe(ignoreElements()), of(receipt))),
        ),
      {
        concurrency: 4,
        by: ({ customer }) => customer,
        timeoutMs: 10_000,
        onError: {
          retry: { maxAttempts: 4, initialMs: 200 },
          when: (error) => !(error instanceof Declined),
          then: 'dead',
        },
      },
    ),
  );
}
