import type { ErrorContext, SluiceError } from './errors.js';

/** The same error, which may be somebody else's too, with more facts, and perhaps another message. */
export function withContext<E extends SluiceError>(error: E, facts: ErrorContext, message = error.message): E {
  const copy: object = new Error(message);
  Object.setPrototypeOf(copy, Reflect.getPrototypeOf(error));
  const plain = { enumerable: false, writable: true, configurable: true };
  const stack = { ...plain, value: error.stack?.replace(error.message, () => message) };
  const context = { value: { ...error.context, ...facts }, enumerable: true, writable: true, configurable: true };
  return Object.defineProperties(copy as E, {
    ...Object.getOwnPropertyDescriptors(error),
    message: { ...plain, value: message },
    stack,
    context,
  });
}
