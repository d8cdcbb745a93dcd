import { DiagramError } from './diagram-error.js';
import type { Moment } from './moment.js';

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
  const moments = read(diagram);
  return diagram.includes('^') ? { moments, subscribedAtMs: 0 } : { moments };
}

const PAUSE = /(\d+(?:\.\d+)?)(ms|s|m) /y;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const KINDS: Readonly<Record<string, Moment['kind']>> = { '|': 'complete', '#': 'error' };

/** As `TestScheduler.parseMarbles` reads it, whose time grows with the square of the pauses. */
function read(diagram: string): Moment[] {
  const moments: Moment[] = [];
  // RxJS counts the characters before ^, not the time that they take.
  let atMs = Math.min(0, -diagram.replace(/^ +/, '').indexOf('^'));
  let groupMs: number | undefined;
  for (let position = 0; position < diagram.length;) {
    const pauseMs = pauseAt(diagram, position);
    if (pauseMs !== undefined) {
      atMs += pauseMs;
      position = PAUSE.lastIndex;
      continue;
    }
    const letter = String.fromCodePoint(diagram.codePointAt(position)!);
    position += letter.length;
    if (letter === ' ') continue;
    // Nor does it know groups before ^.
    if (letter === '(') groupMs = atMs > -1 ? atMs : undefined;
    else if (letter === ')') groupMs = undefined;
    else if (letter !== '-' && letter !== '^') {
      moments.push({ atMs: groupMs ?? atMs, kind: KINDS[letter] ?? 'next', letter });
    }
    atMs += 1;
  }
  return moments;
}

function pauseAt(diagram: string, position: number): number | undefined {
  if (position > 0 && diagram[position - 1] !== ' ') return undefined;
  PAUSE.lastIndex = position;
  const found = PAUSE.exec(diagram);
  return found === null ? undefined : Number(found[1]) * UNITS[found[2]!]!;
}

function check(diagram: string): void {
  if (typeof diagram !== 'string') throw new DiagramError(String(diagram), 0, `it is of type ${typeof diagram}`);
  let group: number | undefined;
  let subscribed = false;
  for (const [position, character] of [...diagram].entries()) {
    const refuse = (problem: string): never => {
      throw new DiagramError(diagram, position, problem);
    };
    if (character === '(') {
      if (group !== undefined) refuse('this opens a group inside a group');
      group = position;
    } else if (character === ')') {
      if (group === undefined) refuse('this closes a group that was not opened');
      group = undefined;
    } else if (character === '^') {
      if (subscribed) refuse('this is a second ^');
      subscribed = true;
    } else if (character === '!') refuse('! is for diagrams of subscriptions only');
    else if (character !== ' ' && /\s/u.test(character)) refuse('only spaces may align it, this would be a value');
  }
  if (group !== undefined) throw new DiagramError(diagram, group, 'this group is not closed');
}
