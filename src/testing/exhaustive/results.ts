import { inspect, isDeepStrictEqual } from 'node:util';

/** What a function did: gave a value, or threw. */
export type Result = { readonly value: unknown } | { readonly error: unknown };

/** Calls `act`; what it throws is a result too. */
export function resultOf(act: () => unknown): Result {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}

/** Values are compared by content, errors by class, code and message: a stack differs with every call. */
export function isSame(one: Result, other: Result): boolean {
  if ('error' in one) return 'error' in other && isDeepStrictEqual(essence(one.error), essence(other.error));
  return 'value' in other && isDeepStrictEqual(one.value, other.value);
}

function essence(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return [error.name, error.message, error.constructor, Reflect.get(error, 'code')];
}

const LINES = 12;
const BEFORE = 3;

/** Both results beside their names; of long ones the lines around the first difference. */
export function drawResults(expected: readonly [name: string, Result], came: readonly [name: string, Result]): string {
  const one = linesOf(expected[1]);
  const other = linesOf(came[1]);
  const isLong = one.length > LINES || other.length > LINES;
  const differs = one.findIndex((line, at) => line !== other[at]);
  const from = isLong ? Math.max(0, (differs < 0 ? one.length : differs) - BEFORE) : 0;
  return [`  ${expected[0]}`, ...part(one, from), `  ${came[0]}`, ...part(other, from)].join('\n');
}

function part(lines: readonly string[], from: number): string[] {
  const shown = lines.slice(from, from + LINES);
  if (from > 0) shown.unshift('…');
  if (from + LINES < lines.length) shown.push('…');
  return shown.map((line) => `    ${line}`);
}

function linesOf(result: Result): string[] {
  if ('value' in result) {
    return inspect(result.value, { depth: 8, breakLength: 92, maxStringLength: 400, maxArrayLength: 40 }).split('\n');
  }
  const { error } = result;
  if (!(error instanceof Error)) return [`threw ${inspect(error)}`];
  return `threw ${error.name}: ${error.message}`.split('\n');
}
