import { TestScheduler } from 'rxjs/testing';
import { DiagramError } from './diagram-error.js';
import type { Moment } from './moment.js';

/** RxJS's parser outside of `run` counts ten for a frame, and one for a millisecond. */
class RunModeDiagrams extends TestScheduler {
  static override frameTimeFactor = 1;
}

/** What a diagram says, as {@link parseDiagram} returns it. */
export interface ParsedDiagram {
  /** In the order of the diagram. */
  readonly moments: readonly Moment[];
  /** The moment of `^`, which is 0: what stands before it is at negative times. */
  readonly subscribedAtMs?: number;
}

/**
 * Reads a diagram in RxJS's run-mode syntax: spaces are nothing, a `-` or a letter is a millisecond, `10ms`, `2s` and
 * `3m` with a space behind them are pauses, `(ab)` is one moment that takes as many milliseconds as it has characters.
 *
 * @throws {@link DiagramError} for a group that is not closed, or in another; for `!`, a second `^`, a line break.
 * @example
 * import { parseDiagram } from 'sluice/testing';
 * parseDiagram('-a 10ms (b|)').moments; // a at 1, b and | at 12
 */
export function parseDiagram(diagram: string): ParsedDiagram {
  check(diagram);
  const moments = RunModeDiagrams.parseMarbles(diagram, undefined, undefined, false, true).map(
    ({ frame, notification }): Moment => {
      if (notification.kind === 'N') return { atMs: frame, kind: 'next', letter: String(notification.value) };
      if (notification.kind === 'E') return { atMs: frame, kind: 'error', letter: '#' };
      return { atMs: frame, kind: 'complete', letter: '|' };
    },
  );
  return diagram.includes('^') ? { moments, subscribedAtMs: 0 } : { moments };
}

function check(diagram: string): void {
  if (typeof diagram !== 'string') throw new DiagramError(String(diagram), 0, `is a string, this is ${typeof diagram}`);
  let group: number | undefined;
  let subscribed = false;
  for (const [position, character] of [...diagram].entries()) {
    const refuse = (rule: string): never => {
      throw new DiagramError(diagram, position, rule);
    };
    if (character === '(') {
      if (group !== undefined) refuse('has no group inside a group');
      group = position;
    } else if (character === ')') {
      if (group === undefined) refuse('opens a group with ( before it closes one');
      group = undefined;
    } else if (character === '^') {
      if (subscribed) refuse('has one ^ only');
      subscribed = true;
    } else if (character === '!') refuse('of values has no ! (that is for subscriptions)');
    else if (character !== ' ' && /\s/u.test(character)) refuse('is one line, with spaces as its only blanks');
  }
  if (group !== undefined) throw new DiagramError(diagram, group, 'closes each group with )');
}
