import { InvalidOptionError } from './errors.js';
import { isSecret } from './secrets.js';

/** Every option that `T` has, and nothing else: the compiler misses none. */
export type OptionNames<T> = Record<T extends unknown ? keyof T : never, true>;

/** What an option is called now, by what it was called once. */
export type RenamedOptions = Readonly<Record<string, string>>;

/**
 * Returns `options` if it is an object that has none but the options in `names`; nothing is said of their values.
 * `where` stands before the name of an option in errors, as in `work` or `onError.retry`; `renamed` has names of before.
 * @throws {@link InvalidOptionError} naming the option, its value, the options there are, and the one that was meant if
 * one is near.
 */
export function onlyKnown<T extends object>(
  where: string,
  options: T,
  names: OptionNames<NoInfer<T>>,
  renamed: RenamedOptions = {},
): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(where, options, `must be an object with ${Object.keys(names).join(', ')}`);
  }
  for (const name of Object.keys(options))
    if (!Object.hasOwn(names, name)) throw unknown(where, name, options, names, renamed);
  return options;
}

function unknown(
  where: string,
  name: string,
  options: object,
  names: object,
  renamed: RenamedOptions,
): InvalidOptionError {
  const known = Object.keys(names);
  const meant = Object.hasOwn(renamed, name) ? renamed[name] : nearest(name, known);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  const rule = `is not an option${hint}, there are ${known.join(', ')}`;
  const isHidden = isSecret(name) || (meant !== undefined && isSecret(meant));
  return new InvalidOptionError(`${where}.${name}`, isHidden ? 'a secret' : Reflect.get(options, name), rule);
}

/** The known name that takes the fewest changes; undefined if those would change more than half of it. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const changes = changesBetween(name.toLowerCase(), candidate.toLowerCase());
    if (changes >= fewest || changes * 2 > Math.max(name.length, candidate.length)) continue;
    best = candidate;
    fewest = changes;
  }
  return best;
}

/** How many letters must be put in, taken out or changed to make one word of the other (Levenshtein). */
function changesBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length]!;
}
