import { integerIn } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OffsetKey } from './offset-store.js';

const LARGEST = 0xffff_ffff_ffff_ffffn;

/** Returns the key if it says whose position is meant. @throws {@link InvalidOptionError} naming what it lacks. */
export function checkKey(key: OffsetKey): OffsetKey {
  if (typeof key !== 'object' || key === null) {
    throw new InvalidOptionError('key', key, 'must be an object with consumer and topicId');
  }
  const { consumer, topicId } = key;
  if (typeof consumer !== 'string') throw new InvalidOptionError('key.consumer', consumer, 'must be a text');
  integerIn('key.topicId', topicId, 0, 0xffff_ffff);
  return key;
}

/** What is stored must be readable again: a file that holds something else ends every reader of that name. */
export function checkStored(offset: bigint): bigint {
  if (typeof offset === 'bigint' && offset >= 0n && offset <= LARGEST) return offset;
  throw new InvalidOptionError('offset', offset, 'must be a bigint from 0 to 2^64 - 1');
}
