import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import { schedule } from '../run/schedule.js';
import type { MarbleRun } from '../run/marble-run.js';

/**
 * What a topic, a queue or the store is given: values that are there from the beginning, or at their marbles' moments.
 * Letters without a value stand for themselves.
 */
export type PipelineInput<T = unknown> =
  readonly T[] | { readonly marbles: string; readonly values?: Readonly<Record<string, T>> };

/**
 * Puts each value where it belongs, at its moment; those of a list now.
 *
 * @throws InvalidOptionError
 */
export function feed<T>(run: MarbleRun, option: string, input: PipelineInput<T>, put: (value: T) => void): void {
  if (Array.isArray(input)) {
    for (const value of input as readonly T[]) put(value);
    return;
  }
  const { marbles, values = {} } = onlyKnown(option, input as Exclude<PipelineInput<T>, readonly T[]>, {
    marbles: true,
    values: true,
  });
  const { moments } = parseDiagram(marbles);
  if (moments.some(({ kind }) => kind !== 'next')) {
    throw new InvalidOptionError(`${option}.marbles`, marbles, 'must have neither | nor #: what is put in has no end');
  }
  const deeds = moments.map(({ letter }) => {
    const value = Object.hasOwn(values, letter) ? values[letter] : letter;
    return [letter, () => put(value as T)] as const;
  });
  schedule(run, marbles, Object.fromEntries(deeds));
}
