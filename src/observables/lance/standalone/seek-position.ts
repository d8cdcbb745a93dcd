import { InvalidOptionError } from '../../../foundation/errors.js';

/** Where a reader goes: one of the ends, or a byte offset. The words are those of `from` in `consume`. */
export type SeekPosition = 'beginning' | 'end' | bigint;

/**
 * The positions by the names that other clients give them (lance.md 7.4). Each may also be written as it is:
 * `'beginning'`, `'end'`, `500n`.
 *
 * @example
 * import { LanceClient } from 'sluice/lance';
 * const positions = [SeekPosition.BEGINNING, SeekPosition.END, SeekPosition.offset(500)]; // 'beginning', 'end', 500n
 * const stream = new LanceClient().consume('events', { from: SeekPosition.offset(500) });
 */
export const SeekPosition = {
  /** The oldest byte that is still retained. */
  BEGINNING: 'beginning',
  /** Where the data ends when the server is asked: only what comes after it. */
  END: 'end',
  /** A byte offset from 0 to 2^53 - 1; it must be where a record starts. Throws {@link InvalidOptionError}. */
  offset(offset: bigint | number): bigint {
    return BigInt(checkOffset('offset', offset));
  },
} as const;

/** Returns the offset as a number, which is exact. */
export function checkOffset(option: string, offset: bigint | number): number {
  const isWhole = typeof offset === 'bigint' || Number.isInteger(offset);
  if (isWhole && offset >= 0 && offset <= Number.MAX_SAFE_INTEGER) return Number(offset);
  throw new InvalidOptionError(option, offset, 'must be an integer from 0 to 2^53 - 1, as bigint or number');
}

/** Returns the position as a read starts from it. */
export function checkPosition(option: string, position: SeekPosition): number | 'end' {
  if (position === 'beginning') return 0;
  if (position === 'end') return position;
  if (typeof position === 'bigint') return checkOffset(option, position);
  throw new InvalidOptionError(option, position, "must be 'beginning', 'end' or a bigint from 0n to 2^53 - 1");
}
