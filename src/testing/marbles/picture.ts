import { shortened } from './columns.js';
import { diagramRows } from './diagram-rows.js';
import { inWords } from './durations.js';
import { factsOf, type Fact } from './facts.js';
import { headline } from './headline.js';
import { hintsOn } from './hints.js';
import type { Moment } from './moment.js';
import type { PictureParts } from './picture-parts.js';

/** A test runner indents it by up to four columns more. */
const MOST_COLUMNS = 96;
const LONGEST_NAME = 2 * MOST_COLUMNS;
const LONGEST_DIAGRAM = 480;

/** The message of a failure: two diagrams, one above the other, and the first difference in words. */
export function picture(parts: PictureParts): string {
  const rows = diagramRows(parts.expected, parts.drawn, parts.difference);
  const blocks: (readonly string[])[] = [
    [`${shortened(parts.name, LONGEST_NAME)}: ${headline(parts)}`],
    rows.lines,
    table(factsOf(parts, rows)),
    hintsOn(parts).map((hint) => `  ${hint}`),
    toPaste(parts),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

/** Labels to the left, texts to the right; short texts of one label share a line. */
function table(facts: readonly Fact[]): string[] {
  const width = Math.max(...facts.map(({ label }) => label.length));
  const room = MOST_COLUMNS - width - 4;
  return facts.flatMap(({ label, texts }) =>
    inLines(texts, room).map((line, index) => `  ${(index === 0 ? label : '').padEnd(width)}  ${line}`),
  );
}

const MOST_LINES = 8;
const BETWEEN = ' · ';

function inLines(texts: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const longer = lines.length === 0 ? text : `${lines.at(-1)!}${BETWEEN}${text}`;
    if (lines.length > 0 && shortened(longer, room) === longer) lines[lines.length - 1] = longer;
    else lines.push(shortened(text, room));
  }
  const left = lines.length - MOST_LINES;
  return left <= 1 ? lines : [...lines.slice(0, MOST_LINES), `… ${left} lines more`];
}

/** For the test, if what happened is right. */
function toPaste({ asDiagram: diagram, drawn, parts }: PictureParts): string[] {
  if (diagram === '') return [];
  if (diagram === undefined) return inTheWay(drawn, parts);
  if (diagram.length > LONGEST_DIAGRAM)
    return [`  as a diagram: ${diagram.length} characters, the error has them as actual`];
  return [`  as a diagram: '${diagram.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`];
}

/** Why what happened can't be written, and what to do. */
function inTheWay(drawn: readonly Moment[], parts: string | undefined): string[] {
  let group = '';
  for (const [index, { atMs, letter }] of drawn.entries()) {
    group += letter;
    const next = drawn[index + 1];
    if (next === undefined || next.atMs === atMs) continue;
    const frames = group.length === letter.length ? 1 : [...group].length + 2;
    if (next.atMs - atMs < frames) {
      const written = frames === 1 ? group : `(${group})`;
      const behind = inWords(next.atMs - atMs);
      return [
        `  no diagram can say it: ${written} takes ${frames} ms, and ${next.letter} comes ${behind} behind it`,
        `  ${parts === undefined ? `let ${next.letter} come later, or look at the recording's events` : `say less of it: ${parts}`}`,
      ];
    }
    group = '';
  }
  return [];
}
