import { finished } from './body.js';
import { Issues } from './issues.js';
import type { ListQuery } from './list-queries.js';

/**
 * Reads a list's parameters from a query string. Of a parameter given twice the last one counts, unless it takes several;
 * unknown ones are ignored.
 *
 * @throws Refusal
 */
export function queryParameters<T>(query: string, { read, repeated }: ListQuery<T>): T {
  const values: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === '__proto__') continue;
    const known = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!repeated.has(name)) values[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else values[name] = [value];
  }
  const issues = new Issues('query');
  return finished(read(values, issues), issues);
}
