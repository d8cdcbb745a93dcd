import type { DiagramRows } from './diagram-rows.js';
import { inWords } from './durations.js';
import { cameInWords, dueInWords } from './in-words.js';
import type { Moment } from './moment.js';
import { movedIn } from './moved.js';
import type { PictureParts } from './picture-parts.js';
import { valueDifference } from './value-difference.js';

/** What is said below the diagrams, with its label. */
export interface Fact {
  readonly label: string;
  readonly texts: readonly string[];
}

const LINE = 70;

/** What was expected, what came, where they part, and what the other letters stand for. */
export function factsOf(parts: PictureParts, rows: DiagramRows): Fact[] {
  const said = new Set<string>();
  const facts = [expectedFact(parts, said), cameFact(parts, said), ...partingOf(parts)];
  return [...facts, ...lettersIn(parts, rows, said)];
}

function expectedFact({ expected, drawn, difference, letters }: PictureParts, said: Set<string>): Fact {
  const moved = movedIn(difference, expected, drawn);
  const due = moved === undefined ? difference.due : { ...drawn[moved.cameIndex]!, atMs: moved.dueMs };
  if (due === undefined) return { label: 'expected', texts: [expected.length === 0 ? 'nothing' : 'nothing more'] };
  const next = moved === undefined && due.atMs > difference.atMs ? 'next ' : '';
  const text = meaning(due.letter, dueInWords(due, letters));
  said.add(text);
  return { label: `${next}expected at ${inWords(due.atMs)}`, texts: [text] };
}

function cameFact({ expected, actual, drawn, difference }: PictureParts, said: Set<string>): Fact {
  const moved = movedIn(difference, expected, drawn);
  const index = moved?.cameIndex ?? difference.index;
  const came = actual[index];
  if (came === undefined) return { label: 'came', texts: [actual.length === 0 ? 'nothing' : 'nothing more'] };
  const next = moved === undefined && came.atMs > difference.atMs ? 'next ' : '';
  const { letter } = drawn[index]!;
  const text = meaning(letter, cameInWords(came, letter));
  said.add(text);
  return { label: `${next}came at ${inWords(came.atMs)}`, texts: [text] };
}

/** Where two values part that are too wide or too deep to be seen whole. */
function partingOf({ difference: { due, came }, letters }: PictureParts): Fact[] {
  if (due === undefined || came === undefined || due.atMs !== came.atMs) return [];
  if (due.kind !== came.kind || due.kind === 'complete') return [];
  const expected = due.kind === 'error' ? letters.error : letters.meaning(due.letter);
  const parting =
    (letters.isPartial ? valueDifference(expected, came.value, true) : undefined) ??
    valueDifference(expected, came.value, due.kind === 'error');
  if (parting !== undefined && parting.path !== '') {
    const { path, actual, expected } = parting;
    const short = `${path}: ${actual}, not ${expected}`;
    return [{ label: 'differing in', texts: short.length <= LINE ? [short] : [path, `${actual}, not ${expected}`] }];
  }
  const alike = dueInWords(due, letters) === cameInWords(came, due.letter);
  return alike ? [{ label: 'differing in', texts: ['something that is not printed here'] }] : [];
}

/** The letters in sight that stand for something and have not been named. */
function lettersIn(parts: PictureParts, { fromMs, toMs }: DiagramRows, said: ReadonlySet<string>): Fact[] {
  const { expected, actual, drawn, letters } = parts;
  const inSight = ({ atMs, kind }: Moment): boolean => kind === 'next' && atMs >= fromMs && atMs <= toMs;
  const theirs = new Map<string, string>();
  const ours = new Map<string, string>();
  for (const [index, moment] of [...expected, ...drawn].entries()) {
    const { letter } = moment;
    if (!inSight(moment)) continue;
    const came = actual[index - expected.length];
    if (letters.isNew(letter) && came !== undefined) ours.set(letter, meaning(letter, cameInWords(came, letter)));
    else theirs.set(letter, meaning(letter, dueInWords(moment, letters)));
  }
  const texts = (all: Map<string, string>): string[] =>
    [...all].flatMap(([letter, text]) => (text === letter || said.has(text) ? [] : [text]));
  return [
    { label: 'letters', texts: texts(theirs) },
    { label: 'new letters', texts: texts(ours) },
  ].filter((fact) => fact.texts.length > 0);
}

function meaning(letter: string, words: string | undefined): string {
  return words === undefined ? letter : `${letter} = ${words}`;
}
