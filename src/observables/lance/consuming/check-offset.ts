import { InvalidOptionError } from '../../../foundation/errors.js';

const RULE = 'an integer from 0 to 2^53 - 1, as bigint or number';

/** Returns the offset as a number, which is exact; `or` are the words that the option takes as well. */
export function checkOffset(option: string, offset: bigint | number, ...or: readonly string[]): number {
  const isWhole = typeof offset === 'bigint' || Number.isInteger(offset);
  if (isWhole && offset >= 0 && offset <= Number.MAX_SAFE_INTEGER) return Number(offset);
  const words = or.map((word) => `'${word}'`).join(', ');
  throw new InvalidOptionError(option, offset, words === '' ? `must be ${RULE}` : `must be ${words} or ${RULE}`);
}
