import type { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import type { Recording } from '../marbles/recording.js';
import { bookOf } from './book-of.js';

const DIGITS = Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [String(digit), digit]));

/**
 * How many deliveries more the window of a stream would take: those that are neither unsettled nor reserved. At the
 * first subscription and at the end of each millisecond in which the number has changed. Digits stand for themselves,
 * letters for what `values` says.
 *
 * @throws TypeError when it gets something else than a stream of deliveries.
 * @throws Error outside of `marbles`.
 */
export function creditRecording(stream: DeliveryStream<unknown, unknown>): Recording {
  const book = bookOf('expectCredit', stream);
  return {
    get name() {
      return book.titleOf(`credit of ${stream.name}`);
    },
    events: book.credit,
    legend: DIGITS,
  };
}
