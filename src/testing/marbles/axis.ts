import { columnsOf, padded } from './columns.js';
import { asProgression } from './durations.js';
import type { Moment } from './moment.js';

/** What several diagrams show from one moment up to the next at which something happens in any of them. */
export interface Segment {
  readonly atMs: number;
  /** One for each diagram, all of the same width. */
  readonly texts: readonly string[];
  readonly columns: number;
}

/** A pause of more frames than this is written as a duration. */
const MOST_DASHES = 8;

/** What a space behind it would make a pause. */
const LIKE_A_PAUSE = /(?:^| )\d+(?:\.\d+)?(?:ms|s|m)$/;

/** Draws diagrams over one axis of time: what happens in the same millisecond stands in the same column. */
export function alongOneAxis(rows: readonly (readonly Moment[])[]): Segment[] {
  const drawings = rows.map((row) => new Drawing(row));
  const times = [...new Set([0, ...rows.flatMap((row) => row.map(({ atMs }) => atMs))])].sort((a, b) => a - b);
  const origin = times[0]! < 0 ? '^' : '';
  return times.map((atMs, index) => {
    const nothing = drawings.every((drawing) => drawing.cell(atMs) === undefined);
    const cells = drawings.map((drawing) => drawing.cell(atMs) ?? (nothing ? origin : drawing.blank(atMs)));
    const texts = until(times[index + 1], atMs, cells, drawings);
    const columns = Math.max(...texts.map(columnsOf));
    return { atMs, texts: texts.map((text) => padded(text, columns)), columns };
  });
}

/** The cells, and what stands behind them up to `nextMs`. */
function until(nextMs: number | undefined, atMs: number, cells: string[], drawings: Drawing[]): string[] {
  const write = (text: (cell: string, drawing: Drawing) => string): string[] =>
    cells.map((cell, row) => drawings[row]!.add(cell + text(cell, drawings[row]!)));
  if (nextMs === undefined) return write(() => '');
  const gapMs = nextMs - atMs;
  const most = Math.max(...cells.map(framesOf));
  let pauseMs = gapMs - most;
  if (pauseMs <= 0 || (pauseMs <= MOST_DASHES && Number.isInteger(gapMs))) {
    return write((cell, drawing) => drawing.behind(atMs).repeat(Math.max(0, Math.floor(gapMs) - framesOf(cell))));
  }
  const dash = pauseMs > 1 && cells.some((cell, row) => LIKE_A_PAUSE.test(drawings[row]!.text + cell)) ? 1 : 0;
  pauseMs -= dash;
  const pause = `${asProgression(pauseMs)} `;
  return write((cell, drawing) => {
    const behind = drawing.behind(atMs);
    const space = drawing.text + cell === '' ? '' : ' ';
    return (
      behind.repeat(most - framesOf(cell) + dash) + (behind === ' ' ? ' '.repeat(pause.length + 1) : space + pause)
    );
  });
}

/** One diagram while it is drawn. */
class Drawing {
  text = '';
  private readonly letters = new Map<number, string[]>();
  private readonly endsAtMs: number;

  constructor(row: readonly Moment[]) {
    for (const { atMs, letter } of row) {
      const letters = this.letters.get(atMs);
      if (letters === undefined) this.letters.set(atMs, [letter]);
      else letters.push(letter);
    }
    const last = row.at(-1);
    this.endsAtMs = last === undefined || last.kind === 'next' ? Number.POSITIVE_INFINITY : last.atMs;
  }

  cell(atMs: number): string | undefined {
    const letters = this.letters.get(atMs);
    if (letters === undefined) return undefined;
    return letters.length === 1 ? letters[0] : `(${letters.join('')})`;
  }

  /** What a frame looks like in which nothing happens. */
  blank(atMs: number): string {
    return atMs > this.endsAtMs ? ' ' : '-';
  }

  /** What the frames behind this moment look like. */
  behind(atMs: number): string {
    return atMs >= this.endsAtMs ? ' ' : '-';
  }

  add(text: string): string {
    this.text += text;
    return text;
  }
}

/** RxJS counts characters, however wide they are. */
function framesOf(cell: string): number {
  return [...cell].length;
}
