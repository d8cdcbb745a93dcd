import { InvalidOptionError } from '../../foundation/errors.js';
import { integerIn } from '../../foundation/check.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { allCuts, fewest, pairsOfCuts, singleCuts, type Cuts } from './cuts.js';
import { cutInto } from './pieces.js';
import { isSame, resultOf, type Result } from './results.js';
import { SplitError } from './split-error.js';

/** Options of {@link everySplit}. */
export interface EverySplitOptions {
  /** What the bytes are, for messages (default `everySplit`). */
  readonly name?: string | undefined;
  /** The bytes are malformed: `decode` must throw, the same error however they are cut (default false). */
  readonly refused?: boolean | undefined;
  /** How many ways to cut twice are tried at most, from 0 to 100 000 (default 2 000: all of 64 bytes). */
  readonly pairs?: number | undefined;
}

/** What {@link everySplit} has done. */
export interface EverySplitReport {
  /** In how many ways the bytes were cut, beside the one piece. */
  readonly splits: number;
}

const NAMES = { name: true, refused: true, pairs: true } as const;
const PAIRS = 2_000;

/**
 * Cuts bytes in every way in which a network may: once at each place, twice at up to `pairs` places, and between all of
 * them; what `decode` makes of the pieces must be what it makes of the whole.
 *
 * `decode` is called once per way, must begin anew each time, and may hold assertions of its own. The pieces lie in
 * memory with other bytes around them; results are compared by content, errors by class, code and message.
 *
 * @throws SplitError that draws the smallest way that fails.
 * @throws what `decode` throws for the whole, unless `refused`.
 * @throws InvalidOptionError if an option is unknown or out of range.
 *
 * @example
 * import { everySplit } from 'sluice/testing';
 *
 * const lines = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString().split('\n');
 * const { splits } = everySplit(Buffer.from('one\ntwo\n'), lines); // 29
 */
export function everySplit(
  bytes: Uint8Array,
  decode: (pieces: readonly Uint8Array[]) => unknown,
  options: EverySplitOptions = {},
): EverySplitReport {
  const { name = 'everySplit', refused = false, pairs = PAIRS } = onlyKnown('everySplit', options, NAMES);
  integerIn('everySplit.pairs', pairs, 0, 100_000);
  // The compiler has seen to it; users may have no types.
  if (!ArrayBuffer.isView(bytes)) throw new InvalidOptionError('everySplit.bytes', bytes, 'must be a Uint8Array');
  if (typeof decode !== 'function') throw new InvalidOptionError('everySplit.decode', decode, 'must be a function');
  const whole = resultOf(() => decode(cutInto(bytes, [])));
  check(name, whole, refused);
  const decoded = (cuts: Cuts): Result => resultOf(() => decode(cutInto(bytes, cuts)));
  const fails = (cuts: Cuts): boolean => !isSame(whole, decoded(cuts));

  const single = failing(singleCuts(bytes.length), fails);
  const pair = single.first === undefined ? failing(pairsOfCuts(bytes.length, pairs), fails) : NONE;
  const between = failing([allCuts(bytes.length)], fails);
  const cuts = single.first ?? pair.first ?? (between.first && fewest(between.first, fails));
  if (cuts !== undefined) {
    throw new SplitError({ name, bytes, cuts, whole, came: decoded(cuts), singles: single.all.flat() });
  }
  return { splits: single.tried + pair.tried + between.tried };
}

interface Tried {
  readonly tried: number;
  readonly all: readonly Cuts[];
  readonly first: Cuts | undefined;
}

const NONE: Tried = { tried: 0, all: [], first: undefined };

function failing(ways: Iterable<Cuts>, fails: (cuts: Cuts) => boolean): Tried {
  let tried = 0;
  const all: Cuts[] = [];
  for (const cuts of ways) {
    if (cuts.length === 0) continue;
    tried++;
    if (fails(cuts)) all.push(cuts);
  }
  return { tried, all, first: all[0] };
}

function check(name: string, whole: Result, refused: boolean): void {
  if ('error' in whole) {
    if (!refused) throw whole.error;
    return;
  }
  if (refused) throw new InvalidOptionError(`${name}: refused`, refused, 'decode takes the bytes in one piece');
  if (typeof (whole.value as { then?: unknown } | undefined | null)?.then === 'function') {
    throw new InvalidOptionError(`${name}: decode`, whole.value, 'must give its result at once, not a promise');
  }
}
