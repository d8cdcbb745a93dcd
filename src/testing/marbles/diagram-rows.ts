import { alongOneAxis, type Segment } from './axis.js';
import { columnsOf, cutOut } from './columns.js';
import { inWords } from './durations.js';
import type { Difference } from './first-difference.js';
import type { Moment } from './moment.js';

/** The two diagrams, one above the other, and the mark below them. */
export interface DiagramRows {
  readonly lines: readonly string[];
  /** What is seen of them, if they were too long. */
  readonly fromMs: number;
  readonly toMs: number;
}

const LABELS = ['  expected  ', '  actual    '] as const;
const LABEL_COLUMNS = LABELS[0].length;
/** With its label, and with the margin that a test runner adds, a line stays within 100 columns. */
const MOST_COLUMNS = 84;
/** How much of what agrees stays in sight before the difference. */
const BEFORE = 32;
const CUT = '… ';

/** Draws the two over one axis; of long ones what is around the first difference. */
export function diagramRows(
  expected: readonly Moment[],
  drawn: readonly Moment[],
  difference: Difference,
): DiagramRows {
  const segments = alongOneAxis([expected, drawn], difference.atMs);
  const starts: number[] = [];
  let columns = 0;
  for (const segment of segments) {
    starts.push(columns);
    columns += segment.columns;
  }
  const at = segments.findIndex(({ atMs }) => atMs === difference.atMs);
  const caret = starts[at]! + withinMoment(expected, drawn, difference);
  const [from, to] = inSight(starts, columns, caret);
  const texts = [0, 1].map((row) => segments.map(({ texts }: Segment) => texts[row]).join(''));
  const before = from > 0 ? CUT : '';
  const lines = texts.map((text, row) => {
    const behind = cutOut(text, to, columns).trim() === '' ? '' : ' …';
    return (LABELS[row]! + before + cutOut(text, from, to) + behind).trimEnd();
  });
  const seen = (start: number): boolean => start >= from && start < to;
  const times = segments.filter((_, index) => seen(starts[index]!)).map(({ atMs }) => atMs);
  lines.push(mark(LABEL_COLUMNS + before.length + caret - from, inWords(difference.atMs)));
  return { lines, fromMs: times[0] ?? difference.atMs, toMs: times.at(-1) ?? difference.atMs };
}

function mark(column: number, label: string): string {
  const room = column - label.length - 1;
  return room > MOST_COLUMNS - 10 ? `${' '.repeat(room)}${label} ^` : `${' '.repeat(column)}^ ${label}`;
}

/** How far behind the beginning of the moment the differing letter stands. */
function withinMoment(expected: readonly Moment[], drawn: readonly Moment[], { index, atMs }: Difference): number {
  const groups = [expected, drawn].map((row) => {
    const first = row.findIndex((moment) => moment.atMs === atMs);
    const letters = row.filter((moment) => moment.atMs === atMs).map(({ letter }) => letter);
    return { letters, position: index - first };
  });
  const places = groups
    .filter(({ letters, position }) => position < letters.length)
    .map(({ letters, position }) => (letters.length === 1 ? 0 : 1 + columnsOf(letters.slice(0, position).join(''))));
  return Math.min(...places);
}

/** From and to which column there is room, with the mark in between; no moment is cut if that can be helped. */
function inSight(starts: readonly number[], columns: number, caret: number): [from: number, to: number] {
  if (columns <= MOST_COLUMNS) return [0, columns];
  const left = Math.max(0, Math.min(caret - BEFORE, columns - MOST_COLUMNS));
  const from = starts.find((start) => start >= left && start <= caret) ?? left;
  const right = Math.min(columns, from + MOST_COLUMNS);
  if (right === columns) return [from, columns];
  return [from, starts.findLast((start) => start > caret && start <= right) ?? right];
}
