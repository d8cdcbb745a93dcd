import { inWords } from './durations.js';
import type { Moment } from './moment.js';
import type { PictureParts } from './picture.js';

/** What a reader would find out by counting: at most a few sentences. */
export function hintsOn(parts: PictureParts): string[] {
  return [rest(parts), groupWidth(parts), pauseWithoutSpace(parts), letterWithoutValue(parts)].filter(
    (hint) => hint !== undefined,
  );
}

/** How what comes behind the difference compares. */
function rest({ expected, drawn, difference: { index, due, came } }: PictureParts): string | undefined {
  if (due === undefined || came === undefined) return undefined;
  const [dueRest, cameRest] = [expected.slice(index), drawn.slice(index)];
  if (sameLetters(dueRest, cameRest)) {
    const shifts = new Set(dueRest.map(({ atMs }, at) => Math.round((cameRest[at]!.atMs - atMs) * 1e6) / 1e6));
    const [shift = 0] = shifts;
    if (dueRest.length === 1) return index > 0 ? 'All else is as expected.' : undefined;
    if (shifts.size > 1) return 'The same things happen in the same order, at other times.';
    return `From here on everything comes ${inWords(Math.abs(shift))} too ${shift > 0 ? 'late' : 'early'}.`;
  }
  if (dueRest.length + index < 2) return undefined;
  const behind = (row: Moment[]): Moment[] => row.slice(1);
  if (due.atMs === came.atMs && sameMoments(behind(dueRest), behind(cameRest))) return 'All else is as expected.';
  if (sameMoments(dueRest, behind(cameRest))) return 'All else is as expected.';
  if (sameMoments(behind(dueRest), cameRest)) return 'All else is as expected.';
  if (sameTimes(dueRest, cameRest)) return 'The times are as expected, what happens at them is not.';
  return undefined;
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

function pauseWithoutSpace({ written }: PictureParts): string | undefined {
  const found = written === undefined ? null : /(?:^| )(\d+(?:\.\d+)?(?:ms|s|m))(?! )/.exec(written);
  if (found === null) return undefined;
  return `Mind that '${found[1]}' is a pause only with a space behind it: here each character is a value.`;
}

/** A letter that was forgotten in the values stands for itself. */
function letterWithoutValue({ letters, difference: { due, came } }: PictureParts): string | undefined {
  if (due?.kind !== 'next' || came?.kind !== 'next' || letters.explains(due.letter)) return undefined;
  if (typeof came.value === 'string' || due.atMs !== came.atMs || letters.has(due.letter)) return undefined;
  return `No value was given for ${due.letter}: it stands for the text '${due.letter}'.`;
}

function sameLetters(one: readonly Moment[], other: readonly Moment[]): boolean {
  return one.length === other.length && one.every(({ letter }, at) => letter === other[at]!.letter);
}

function sameTimes(one: readonly Moment[], other: readonly Moment[]): boolean {
  return one.length === other.length && one.every(({ atMs }, at) => atMs === other[at]!.atMs);
}

function sameMoments(one: readonly Moment[], other: readonly Moment[]): boolean {
  return sameLetters(one, other) && sameTimes(one, other);
}
