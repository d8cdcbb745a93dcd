import { checkKey } from './check-stored.js';
import type { OffsetKey } from './offset-store.js';

/** One text per position: a topic goes by its name if that is known, as in the files of `lnc-client` 0.2.9. */
export function keyText(key: OffsetKey): string {
  const { consumer, topicId, topicName } = checkKey(key);
  return JSON.stringify([consumer, topicName ?? topicId]);
}
