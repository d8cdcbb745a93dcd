import { sketch } from './axis.js';
import type { Moment } from './moment.js';
import { parseDiagram } from './parse-diagram.js';

/**
 * Draws moments as a diagram in RxJS's run-mode syntax: the inverse of {@link parseDiagram}.
 * Pauses of more than eight milliseconds are written as durations.
 *
 * @returns undefined if the syntax can't say it: something happens while a group is still being written, which takes as
 * many milliseconds as it has characters; or a letter is not one character of its own.
 * @example
 * import { drawDiagram } from 'sluice/testing';
 * drawDiagram([
 *   { atMs: 1, kind: 'next', letter: 'a' },
 *   { atMs: 94, kind: 'complete', letter: '|' },
 * ]); // '-a 92ms |'
 */
export function drawDiagram(moments: readonly Moment[]): string | undefined {
  const diagram = sketch(moments);
  return says(diagram, moments) ? diagram : undefined;
}

/** The syntax has corners, such as letters that look like durations: what is drawn is read again. */
function says(diagram: string, moments: readonly Moment[]): boolean {
  try {
    const read = parseDiagram(diagram).moments;
    return (
      read.length === moments.length &&
      read.every((one, index) => {
        const other = moments[index]!;
        return one.atMs === other.atMs && one.kind === other.kind && one.letter === other.letter;
      })
    );
  } catch {
    return false;
  }
}
