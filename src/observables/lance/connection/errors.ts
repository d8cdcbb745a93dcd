import { ConnectionError, LanceError } from '../../../codecs/lance/errors.js';

/** The topic was deleted and made anew: its positions mean nothing any more. */
export class TopicChangedError extends LanceError {
  static override readonly code: string = 'LANCE_TOPIC_CHANGED';
}

/** What a client that is closed says to whoever asks it for something. */
export function clientClosed(): ConnectionError {
  return new ConnectionError('the client is closed', { retryable: false });
}

/** A dead letter could not be written; the delivery it was made of is not settled. */
export class DeadLetterError extends LanceError {
  static override readonly code: string = 'LANCE_DEAD_LETTER';
}
