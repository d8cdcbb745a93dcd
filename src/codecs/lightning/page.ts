import { arrayOf, numberOf, objectOf } from './json.js';

/** A part of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** As asked for; -1 is no limit. */
  readonly limit: number;
  readonly offset: number;
  /** How many there are in all. */
  readonly total: number;
}

export function decodePage<T>(value: unknown, decode: (item: unknown) => T): Page<T> {
  const page = objectOf(value, 'a page');
  return {
    items: arrayOf(page['items'], 'the items of a page').map((item) => decode(item)),
    limit: numberOf(page, 'limit'),
    offset: numberOf(page, 'offset'),
    total: numberOf(page, 'total'),
  };
}
