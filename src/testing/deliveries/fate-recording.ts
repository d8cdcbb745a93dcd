import type { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import type { Recording } from '../marbles/recording.js';
import { bookOf } from './book-of.js';
import { isExpectedFate } from './pattern.js';

/** What the letters of a diagram of fates stand for. */
export const FATE_LETTERS = { a: 'acked', n: 'nacked', d: 'dead', x: 'abandoned' } as const;

/**
 * When each delivery of a stream had its fate, in the present run: `a` acked, `n` nacked, `d` dead, `x` abandoned; `|`
 * and `#` are the end of a session. Other letters stand for a {@link FateEvent} or a part of one. It shows all sessions
 * of the stream, those before this call included.
 *
 * @throws TypeError when it gets something else than a stream of deliveries.
 * @throws Error outside of `marbles`.
 */
export function fateRecording(stream: DeliveryStream<unknown, unknown>): Recording {
  const book = bookOf('expectFate', stream);
  return {
    get name() {
      return book.titleOf(`fate of ${stream.name}`);
    },
    events: book.fates,
    legend: FATE_LETTERS,
    matches: isExpectedFate,
  };
}
