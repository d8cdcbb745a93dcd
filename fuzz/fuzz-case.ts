import { Dice } from '../soak/dice.js';
import type { Corpus, Side } from './corpus.js';
import { mutated, type Mutant } from './mutations.js';

/** One mutated frame among others, as somebody sends them. */
export interface FuzzCase {
  /** From 0, in the whole run. */
  readonly number: number;
  /** Who says all this. */
  readonly side: Side;
  readonly mutant: Mutant;
  readonly bytes: Uint8Array;
  /** The same bytes in the pieces in which they arrive. */
  readonly pieces: readonly Uint8Array[];
  /** For all else that is left to chance. */
  readonly dice: Dice;
}

/** Not all of a case is of the side that says it. */
const STRANGE = 0.15;

/** Depends on nothing but the seed and the number. */
export function fuzzCase(seed: number, number: number, corpus: Corpus): FuzzCase {
  const dice = new Dice(seed ^ Math.imul(number + 1, 0x9e37_79b1));
  // Seeds that are close to each other would be so for long.
  dice.roll();
  const side = dice.chance(0.5) ? 'client' : 'server';
  const pick = (): Uint8Array => corpus.pick(dice, dice.chance(STRANGE) ? other(side) : side);
  const mutant = mutated(pick(), dice, pick());
  const before = Array.from({ length: dice.pick([0, 0, 0, 1, 2]) }, () => corpus.pick(dice, side));
  const after = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => corpus.pick(dice, side));
  return caseOf({ number, side, mutant, before, after }, dice);
}

export function caseOf(
  { before, after, ...what }: Pick<FuzzCase, 'number' | 'side' | 'mutant'> & Record<'before' | 'after', Uint8Array[]>,
  dice: Dice,
): FuzzCase {
  const bytes = new Uint8Array(Buffer.concat([...before, what.mutant.bytes, ...after]));
  return { ...what, bytes, pieces: cut(bytes, dice), dice };
}

const other = (side: Side): Side => (side === 'client' ? 'server' : 'client');

/** As one piece most of the time, in a few anywhere, or byte by byte. */
function cut(bytes: Uint8Array, dice: Dice): Uint8Array[] {
  const way = dice.roll();
  if (way < 0.6 || bytes.length === 0) return [bytes];
  if (way < 0.65 && bytes.length < 400) return Array.from(bytes, (byte) => Uint8Array.of(byte));
  const cuts = Array.from({ length: dice.between(1, 4) }, () => dice.between(0, bytes.length));
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end)).filter(({ length }) => length > 0);
}
