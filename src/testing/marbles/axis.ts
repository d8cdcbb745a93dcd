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

/**
 * Draws diagrams over one axis of time: what happens in the same millisecond stands in the same column. Of one that has
 * no more to show, time is seen to pass up to `openUntilMs`.
 */
export function alongOneAxis(rows: readonly (readonly Moment[])[], openUntilMs = 0): Segment[] {
  const drawings = rows.map((row) => new Drawing(row, openUntilMs));
  const times = [...new Set([0, ...rows.flatMap((row) => row.map(({ atMs }) => atMs))])].sort((a, b) => a - b);
  const origin = times[0]! < 0 ? '^' : '';
  return times.map((atMs, index) => {
    const nothing = drawings.every((drawing) => !drawing.has(atMs));
    const cells = drawings.map((drawing) => (nothing ? origin : drawing.cell(atMs)));
    const texts = until(times[index + 1], atMs, cells, drawings);
    const columns = Math.max(...texts.map(columnsOf));
    return { atMs, texts: texts.map((text) => padded(text, columns)), columns };
  });
}

/** One diagram, even of what RxJS's syntax can't say. */
export function sketch(moments: readonly Moment[]): string {
  return alongOneAxis([moments])
    .map(({ texts }) => texts[0])
    .join('');
}

/** The cells, and what stands behind them up to `nextMs`. */
function until(
  nextMs: number | undefined,
  atMs: number,
  cells: readonly string[],
  drawings: readonly Drawing[],
): string[] {
  // A group goes on beyond its moment; nothing more is drawn of that row until its time has come.
  const ends = cells.map((cell, row) => Math.max(atMs, drawings[row]!.drawnMs) + framesOf(cell));
  if (nextMs === undefined) return cells.map((cell, row) => drawings[row]!.add(cell, ends[row]!));
  const latestMs = Math.max(...ends);
  let pauseMs = nextMs - latestMs;
  if (pauseMs <= 0 || (pauseMs <= MOST_DASHES && Number.isInteger(nextMs - atMs))) {
    return cells.map((cell, row) => {
      const frames = Math.max(0, Math.floor(nextMs - ends[row]!));
      return drawings[row]!.add(cell + drawings[row]!.behind(atMs).repeat(frames), ends[row]! + frames);
    });
  }
  const dash = pauseMs > 1 && cells.some((cell, row) => LIKE_A_PAUSE.test(drawings[row]!.tail + cell)) ? 1 : 0;
  pauseMs -= dash;
  const pause = `${asProgression(pauseMs)} `;
  return cells.map((cell, row) => {
    const drawing = drawings[row]!;
    const behind = drawing.behind(atMs);
    const space = drawing.tail + cell === '' ? '' : ' ';
    const shown = behind === ' ' ? ' '.repeat(pause.length + 1) : space + pause;
    return drawing.add(cell + behind.repeat(latestMs - ends[row]! + dash) + shown, nextMs);
  });
}

/** One diagram while it is drawn. */
class Drawing {
  /** The last that was drawn: enough to see whether it looks like a pause. */
  tail = '';
  /** Up to when it has been drawn. */
  drawnMs = Number.NEGATIVE_INFINITY;
  private readonly letters = new Map<number, string[]>();
  private readonly endsAtMs: number;

  constructor(row: readonly Moment[], openUntilMs: number) {
    for (const { atMs, letter } of row) {
      const letters = this.letters.get(atMs);
      if (letters === undefined) this.letters.set(atMs, [letter]);
      else letters.push(letter);
    }
    const last = row.at(-1);
    const isOpen = last === undefined || last.kind === 'next';
    this.endsAtMs = Math.max(last?.atMs ?? 0, isOpen ? openUntilMs : 0);
  }

  has(atMs: number): boolean {
    return this.letters.has(atMs);
  }

  /** What happens at a moment; a dash if nothing does. */
  cell(atMs: number): string {
    const letters = this.letters.get(atMs);
    if (letters !== undefined) return letters.length === 1 ? letters[0]! : `(${letters.join('')})`;
    if (this.drawnMs > atMs) return '';
    return atMs > this.endsAtMs ? ' ' : '-';
  }

  /** What the frames behind a moment look like. */
  behind(atMs: number): string {
    return atMs >= this.endsAtMs ? ' ' : '-';
  }

  add(text: string, untilMs: number): string {
    this.tail = (this.tail + text).slice(-40);
    this.drawnMs = untilMs;
    return text;
  }
}

/** RxJS counts characters, however wide they are. */
function framesOf(cell: string): number {
  return [...cell].length;
}
