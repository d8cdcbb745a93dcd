import { inWords } from './durations.js';
import type { Moment } from './moment.js';
import type { PictureParts } from './picture-parts.js';

/** What a reader would find out by counting: at most a few sentences. */
export function hintsOn(parts: PictureParts): string[] {
  const hints = [rest(parts), groupWidth(parts), pauseWithoutSpace(parts), letterWithoutValue(parts)];
  return [...hints.filter((hint) => hint !== undefined), ...errorUnsaid(parts)];
}

const ALL_ELSE = 'All else is as expected.';

/** How what comes behind the difference compares. */
function rest({ expected, drawn, difference: { index, due, came } }: PictureParts): string | undefined {
  if (due === undefined || came === undefined) return undefined;
  const [dueRest, cameRest] = [expected.slice(index), drawn.slice(index)];
  const shifts = shiftsOf(dueRest, cameRest);
  if (shifts !== undefined) return times(shifts, index);
  if (index === 0 && dueRest.length === 1 && cameRest.length === 1) return undefined;
  const behind = (row: Moment[]): Moment[] => row.slice(1);
  // The same but for the first, one of the two, or both.
  const pairs = [[dueRest, behind(cameRest)] as const, [behind(dueRest), cameRest] as const];
  if (due.atMs === came.atMs) pairs.unshift([behind(dueRest), behind(cameRest)]);
  for (const [one, other] of pairs) {
    const shifts = shiftsOf(one, other);
    if (shifts === undefined) continue;
    const [shift = 0] = shifts;
    if (shifts.some((other) => other !== shift)) continue;
    if (shift === 0) return ALL_ELSE;
    if (shifts.length > 1) return `All that follows comes ${byHowMuch(shift)}.`;
  }
  if (sameInAnotherOrder(dueRest, cameRest)) return 'The same happens at the same times, in another order.';
  const sameTimes = dueRest.length === cameRest.length && dueRest.every(({ atMs }, at) => atMs === cameRest[at]!.atMs);
  if (sameTimes) return 'The times are as expected; what happens at them is not.';
  const [dueCount, cameCount] = [expected.length, drawn.length];
  return dueCount === cameCount
    ? undefined
    : `${dueCount} ${dueCount === 1 ? 'was' : 'were'} expected in all, ${cameCount} came.`;
}

/** All that was expected came, in its order. */
function times(shifts: readonly number[], index: number): string | undefined {
  if (shifts.length === 1) return index > 0 ? ALL_ELSE : undefined;
  if (shifts.slice(1).every((shift) => shift === 0)) return ALL_ELSE;
  const [first = 0] = shifts;
  if (shifts.every((shift) => shift === first)) return `From here on everything comes ${byHowMuch(first)}.`;
  return 'The same happens in the same order, at other times.';
}

function byHowMuch(shiftMs: number): string {
  return `${inWords(Math.abs(shiftMs))} too ${shiftMs > 0 ? 'late' : 'early'}`;
}

/** By how many milliseconds each is later; undefined if they are not the same. */
function shiftsOf(due: readonly Moment[], came: readonly Moment[]): number[] | undefined {
  if (due.length !== came.length || !due.every(({ letter }, at) => letter === came[at]!.letter)) return undefined;
  return due.map(({ atMs }, at) => Math.round((came[at]!.atMs - atMs) * 1e6) / 1e6);
}

function sameInAnotherOrder(due: readonly Moment[], came: readonly Moment[]): boolean {
  const texts = (row: readonly Moment[]): string[] => row.map(({ letter }) => letter).toSorted();
  return (
    due.length === came.length &&
    due.every(({ atMs }, at) => atMs === came[at]!.atMs) &&
    texts(due).join('') === texts(came).join('')
  );
}

/** The classic: a group is one moment, but takes as many frames as it has characters. */
function groupWidth({ expected, difference: { index, due, came } }: PictureParts): string | undefined {
  if (due === undefined || came === undefined || index < 2) return undefined;
  const groupMs = expected[index - 1]!.atMs;
  const group = expected.slice(0, index).filter(({ atMs }) => atMs === groupMs);
  if (group.length < 2 || due.atMs - came.atMs !== group.length + 1) return undefined;
  const text = `(${group.map(({ letter }) => letter).join('')})`;
  return `Mind that ${text} is one moment but takes ${group.length + 2} ms in a diagram, one for each character.`;
}

function pauseWithoutSpace({ written, letters }: PictureParts): string | undefined {
  const found = written === undefined ? null : /(?:^| |[^\d.])(\d+(?:\.\d+)?(?:ms|s|m(?!s)))(?! )/.exec(written);
  if (found === null || [...found[1]!].some((letter) => letters.has(letter))) return undefined;
  return `Mind that ${found[1]} is a pause only with a space on each side: here each character is a value.`;
}

/** A letter that was forgotten in the values stands for itself, or for nothing that can happen. */
function letterWithoutValue({ letters, expected, difference: { index, due, came } }: PictureParts): string | undefined {
  const { kits } = letters;
  if (kits.length > 0) {
    const unknown = expected.slice(index).find(({ kind, letter }) => kind === 'next' && !letters.has(letter));
    if (unknown === undefined || typeof came?.value === 'string') return undefined;
    return `${unknown.letter} stands for nothing here; there are ${kits.join(' ')}.`;
  }
  if (due?.kind !== 'next' || came?.kind !== 'next' || letters.has(due.letter)) return undefined;
  if (typeof came.value === 'string' || due.atMs !== came.atMs) return undefined;
  return `No value was given for ${due.letter}: it stands for the text '${due.letter}'.`;
}

/** What RxJS takes `#` for, if a test does not say. */
const ANY_ERROR = 'error';

function errorUnsaid({ letters, written, difference: { due, came } }: PictureParts): string[] {
  if (due?.kind !== 'error' || came?.kind !== 'error' || letters.error !== ANY_ERROR) return [];
  const third = "Mind that # is the text 'error' unless toBe's third argument says more: toBe('…', values, error).";
  // Whoever compares lists compares errors as RxJS does.
  return written === undefined ? [third] : [third, "A class will do, /a part of its message/, or { code: 'X' }."];
}
