import { SluiceError } from '../../foundation/errors.js';

/** The connection ended in the middle of an answer: what was asked for has been done, what came of it is unknown. */
export class AnswerCutOffError extends SluiceError {
  static override readonly code: string = 'HTTP_ANSWER_CUT_OFF';
  static override readonly retryable: boolean = true;

  constructor(origin: string, cause?: unknown) {
    super(`${origin}: the answer ended too early`, { cause, context: { address: origin } });
  }
}

/** An answer has more bytes than allowed. It was called off; what was asked for has been done. */
export class AnswerTooLargeError extends SluiceError {
  static override readonly code: string = 'HTTP_ANSWER_TOO_LARGE';

  constructor(origin: string, maxBytes: number) {
    const message = `${origin}: an answer has more than the ${maxBytes} bytes allowed: ask for less at once, or allow more`;
    super(message, { context: { address: origin, maxBytes } });
  }
}
