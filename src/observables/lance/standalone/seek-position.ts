import { checkOffset } from '../consuming/check-offset.js';

/** Where a reader goes: one of the ends, or a byte offset. The words are those of `from` in `consume`. */
export type SeekPosition = 'beginning' | 'end' | bigint | number;

/**
 * The positions by the names that other clients give them (lance.md 7.4). Each may also be written as it is:
 * `'beginning'`, `'end'`, `500n` or `500`.
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

/** Returns the position as a read starts from it. */
export function checkPosition(option: string, position: SeekPosition): number | 'end' {
  if (position === 'beginning') return 0;
  if (position === 'end') return position;
  return checkOffset(option, position, 'beginning', 'end');
}
