import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OffsetStore } from './offset-store.js';

/** Returns what was given for a store if it is one, or nothing; a folder's name is no store of its own. */
export function checkOffsetStore(store: OffsetStore | undefined): OffsetStore | undefined {
  if (store === undefined) return store;
  const isObject = typeof store === 'object' && store !== null;
  if (isObject && ['load', 'save', 'delete'].every((name) => typeof Reflect.get(store, name) === 'function')) {
    return store;
  }
  throw new InvalidOptionError('offsetStore', store, 'must have load, save and delete, as FileOffsetStore has');
}
