import { BodyReader } from './body-reader.js';
import { IncompleteResponseError } from './errors.js';

const EMPTY = new Uint8Array(0);

/** Reads the body of an answer; its faults are those of one call only. */
export function answerReader(operation: string, body: Uint8Array): BodyReader {
  return new BodyReader(body, (problem) => {
    return new IncompleteResponseError(`the answer to ${operation}: ${problem}`, {
      context: { operation, bytes: body.length },
    });
  });
}

/** The body of an answer that says nothing but that it was done. */
export function emptyAnswer(): Uint8Array {
  return EMPTY;
}
