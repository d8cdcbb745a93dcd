import { isError } from '../marbles/show-value.js';

/** Errors that have them already: a test may throw the same one in each of its runs. */
const told = new WeakSet<Error>();

/** Adds to what an error says; what is no error, or can't be changed, stays as it is. */
export function addWords(error: unknown, words: readonly (string | undefined)[]): void {
  const more = words.filter((word) => word !== undefined);
  if (!isError(error) || more.length === 0 || told.has(error)) return;
  told.add(error);
  const { message, stack = '' } = error;
  const longer = [message, ...more].join('\n\n');
  // Some test runners print the one, some the other.
  const at = stack.indexOf(message);
  Reflect.defineProperty(error, 'message', { value: longer, configurable: true, writable: true });
  if (at < 0) return;
  const value = `${stack.slice(0, at)}${longer}${stack.slice(at + message.length)}`;
  Reflect.defineProperty(error, 'stack', { value, configurable: true, writable: true });
}
