import type { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import { currentRun } from '../run/marble-run.js';
import { SessionLog } from './session-log.js';
import type { StreamBook } from './stream-book.js';

/** What is known of a stream in the present run. */
export function bookOf(where: string, stream: DeliveryStream<unknown, unknown>): StreamBook {
  // The compiler has seen to it; users may have no types.
  if (typeof (stream as Partial<typeof stream> | undefined)?.fate !== 'function') {
    throw new TypeError(
      `${where} needs a stream of deliveries itself, not what pipe() made of it: keep the stream in a variable`,
    );
  }
  return SessionLog.of(currentRun()).bookOf(stream);
}
