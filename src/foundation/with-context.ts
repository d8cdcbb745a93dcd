import type { ErrorContext, SluiceError } from './errors.js';

/** The same error, which may be somebody else's too, with more facts. */
export function withContext<E extends SluiceError>(error: E, facts: ErrorContext): E {
  const copy: object = new Error(error.message);
  Object.setPrototypeOf(copy, Reflect.getPrototypeOf(error));
  const context = { value: { ...error.context, ...facts }, enumerable: true, writable: true, configurable: true };
  return Object.defineProperties(copy as E, { ...Object.getOwnPropertyDescriptors(error), context });
}
