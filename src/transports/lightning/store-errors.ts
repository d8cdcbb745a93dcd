import { errorOfAnswer } from '../../codecs/lightning/error-answer.js';
import { ConnectionError, ContentTypeError, StatusError, type LightningError } from '../../codecs/lightning/errors.js';
import { ClosedError, type SluiceError } from '../../foundation/errors.js';
import { AnswerCutOffError, AnswerTooLargeError } from '../http/errors.js';
import type { HttpAnswer, HttpRequest } from '../http/requester.js';

/** Why an exchange has failed, and whether the rules of lightning.md 5.2 ask again. */
export interface Failure {
  readonly error: SluiceError;
  readonly again: boolean;
}

/** For messages, such as `GET /v1/agl/health`: the query stays out, it can be long. */
export function nameOf({ method, path }: HttpRequest): string {
  return `${method} ${path.split('?', 1)[0]}`;
}

/** What is wrong with the answer to a request before its body is read; undefined: nothing. */
export function failureOfAnswer(asked: HttpRequest, { status, contentType, body }: HttpAnswer): Failure | undefined {
  if ((status < 300 || status === 304) && isJson(contentType)) return undefined;
  const request = nameOf(asked);
  if (status >= 400) {
    const error = errorOfAnswer(request, status, body);
    // 429 is worth another try, but not by these rules.
    return { error, again: error.retryable && status !== 429 };
  }
  // Not followed: where a POST is sent elsewhere, the address is wrong.
  if (status >= 300 && status !== 304) {
    const detail = 'redirects are not followed: give the address of the store itself';
    return { error: new StatusError(request, { status, detail, errorType: undefined }), again: false };
  }
  const what = contentType === '' ? 'without content type' : `of type ${contentType}`;
  const error = new ContentTypeError(`${request}: the answer is ${what}, not JSON`, {
    context: { request, status, contentType },
  });
  return { error, again: true };
}

/** A failure of the connection, in the words of the client. */
export function failureOfConnection(error: SluiceError): Failure {
  if (error instanceof ClosedError) return { error, again: false };
  const { message, retryable, context } = error;
  const failure: LightningError = new ConnectionError(message, { cause: error, retryable, context });
  // Where an answer has begun, what was asked for has been done. The official client doesn't ask again either.
  const done = error instanceof AnswerCutOffError || error instanceof AnswerTooLargeError;
  return { error: failure, again: !done };
}

function isJson(contentType: string): boolean {
  return contentType === 'application/json' || /^application\/.+\+json$/.test(contentType);
}
