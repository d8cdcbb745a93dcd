import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { parseDiagram } from '../marbles/parse-diagram.js';

/** A value that a source has from a moment on. */
export interface Item<T> {
  readonly value: T;
  readonly letter: string;
  readonly bytes: number;
  readonly atMs: number;
  /** From 0, in the order of the diagram. */
  readonly position: number;
}

/** What a diagram lets a source have, and when. */
export interface Timetable<T> {
  readonly items: readonly Item<T>[];
  /** When its sessions break. */
  readonly failuresMs: readonly number[];
  /** After which there is nothing more; undefined if it goes on for ever. */
  readonly endMs: number | undefined;
}

/** @throws {@link InvalidOptionError} for a letter without a value, or something behind the end. */
export function timetableOf<T>(
  diagram: string,
  values: Readonly<Record<string, T>> | undefined,
  bytes: (value: T) => number,
): Timetable<T> {
  const items: Item<T>[] = [];
  const failuresMs: number[] = [];
  let endMs: number | undefined;
  for (const { atMs, kind, letter } of parseDiagram(diagram).moments) {
    if (endMs !== undefined) throw new InvalidOptionError('deliveries', diagram, 'must have nothing behind its |');
    if (kind === 'complete') endMs = atMs;
    else if (kind === 'error') failuresMs.push(atMs);
    else {
      const value = valueOf(letter, values);
      const size = integerIn('deliveries.bytes', bytes(value), 0, Number.MAX_SAFE_INTEGER);
      items.push({ value, letter, bytes: size, atMs, position: items.length });
    }
  }
  return { items, failuresMs, endMs };
}

function valueOf<T>(letter: string, values: Readonly<Record<string, T>> | undefined): T {
  // Without values letters stand for themselves, and T is string.
  if (values === undefined) return letter as T;
  if (Object.hasOwn(values, letter)) return values[letter] as T;
  throw new InvalidOptionError('deliveries values', values, `must say what ${letter} is`);
}
