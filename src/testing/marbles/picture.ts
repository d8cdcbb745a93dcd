import { columnsOf, padded, shortened } from './columns.js';
import { diagramRows, type DiagramRows } from './diagram-rows.js';
import { inWords } from './durations.js';
import type { Difference } from './first-difference.js';
import { hintsOn } from './hints.js';
import type { Letters } from './letters.js';
import type { Moment } from './moment.js';
import { movedIn } from './moved.js';
import type { MarbleEvent } from './recording.js';
import { valueDifference } from './value-difference.js';
import { cameInWords, dueInWords, headline } from './words.js';

/** All that a picture of a difference is made of. */
export interface PictureParts {
  readonly name: string;
  readonly expected: readonly Moment[];
  readonly actual: readonly MarbleEvent[];
  /** What happened, as letters. */
  readonly drawn: readonly Moment[];
  readonly difference: Difference;
  readonly letters: Letters;
  /** The diagram as the test has it, if it has one. */
  readonly written: string | undefined;
  /** What happened as a diagram, if it can be said. */
  readonly asDiagram: string | undefined;
}

/** A fact with its label. */
type Fact = readonly [label: string, text: string];

const MOST_COLUMNS = 96;
const MOST_LETTERS = 12;
const LONGEST_DIAGRAM = 400;
/** Enough for whoever cuts it to the room there is. */
const WIDE = 200;

/** The message of a failure: two diagrams, one above the other, and the first difference in words. */
export function picture(parts: PictureParts): string {
  const rows = diagramRows(parts.expected, parts.drawn, parts.difference);
  const blocks: (readonly string[])[] = [
    [shortened(`${parts.name}: ${headline(parts)}`, 2 * MOST_COLUMNS)],
    rows.lines,
    table([...differing(parts), ...lettersIn(parts, rows)]),
    hintsOn(parts).map((hint) => `  ${hint}`),
    paste(parts.asDiagram),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

/** What was expected and what came. */
function differing({ expected, actual, drawn, difference, letters }: PictureParts): Fact[] {
  const { index, due, came } = difference;
  const moved = movedIn(difference, expected, drawn);
  const dueThen = moved === undefined ? due : { ...drawn[moved.cameIndex]!, atMs: moved.dueMs };
  const cameIndex = moved?.cameIndex ?? index;
  const cameThen = actual[cameIndex];
  const next = moved === undefined && due !== undefined && came !== undefined && due.atMs !== came.atMs;
  const facts: Fact[] = [];
  if (dueThen === undefined) facts.push(['expected', expected.length === 0 ? 'nothing' : 'nothing more']);
  else {
    const label = next && dueThen.atMs > difference.atMs ? 'expected next, at' : 'expected at';
    facts.push([`${label} ${inWords(dueThen.atMs)}`, meaning(dueThen.letter, dueInWords(dueThen, letters, WIDE))]);
  }
  if (cameThen === undefined) facts.push(['came', actual.length === 0 ? 'nothing' : 'nothing more']);
  else {
    const label = next && cameThen.atMs > difference.atMs ? 'came next, at' : 'came at';
    const { letter } = drawn[cameIndex]!;
    facts.push([`${label} ${inWords(cameThen.atMs)}`, meaning(letter, cameInWords(cameThen, letter, WIDE))]);
  }
  if (due !== undefined && came !== undefined && due.atMs === came.atMs) facts.push(...inside(due, came, letters));
  return facts;
}

/** Where two values part that are both too wide or too deep to be seen whole. */
function inside(due: Moment, came: MarbleEvent, letters: Letters): Fact[] {
  if (due.kind !== came.kind || due.kind === 'complete') return [];
  const expected = due.kind === 'error' ? letters.error : letters.meaning(due.letter);
  const found = valueDifference(expected, came.value, letters.isPartial);
  if (found !== undefined && found.path !== '') {
    return [['differs in', `${found.path}: ${found.actual} instead of ${found.expected}`]];
  }
  const alike = dueInWords(due, letters, WIDE) === cameInWords(came, due.letter, WIDE);
  return alike ? [['differs in', 'nothing that is printed here: its class, or something hidden in it']] : [];
}

/** The letters in sight that stand for something. */
function lettersIn({ expected, actual, drawn, letters }: PictureParts, { fromMs, toMs }: DiagramRows): Fact[] {
  const facts = new Map<string, Fact>();
  const inSight = ({ atMs, kind }: Moment): boolean => kind === 'next' && atMs >= fromMs && atMs <= toMs;
  for (const moment of expected.filter(inSight)) {
    const words = dueInWords(moment, letters, WIDE);
    if (words !== undefined) facts.set(moment.letter, ['letters', meaning(moment.letter, words)]);
  }
  for (const [index, moment] of drawn.entries()) {
    const { letter } = moment;
    if (!inSight(moment) || facts.has(letter)) continue;
    const isNew = letters.isNew(letter);
    const words = isNew ? cameInWords(actual[index]!, letter, WIDE) : dueInWords(moment, letters, WIDE);
    if (words !== undefined) facts.set(letter, [isNew ? 'not in the test' : 'letters', meaning(letter, words)]);
  }
  const all = [...facts.values()].sort(([one], [other]) => (one === other ? 0 : one < other ? -1 : 1));
  const left = all.length - MOST_LETTERS;
  return left <= 1 ? all : [...all.slice(0, MOST_LETTERS), ['', `… and ${left} more`]];
}

function meaning(letter: string, words: string | undefined): string {
  return words === undefined ? letter : `${letter} = ${words}`;
}

/** Labels to the left, texts to the right; a label that says the same as the one above is left out. */
function table(facts: readonly Fact[]): string[] {
  const width = Math.max(...facts.map(([label]) => columnsOf(label)));
  return facts.map(([label, text], index) => {
    const shown = label === facts[index - 1]?.[0] ? '' : label;
    return `  ${padded(shown, width)}  ${shortened(text, Math.max(40, MOST_COLUMNS - width - 4))}`;
  });
}

/** For the test, if what happened is right. */
function paste(diagram: string | undefined): string[] {
  if (diagram === undefined || diagram === '' || diagram.length > LONGEST_DIAGRAM) return [];
  return [`  as a diagram: '${diagram.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`];
}
