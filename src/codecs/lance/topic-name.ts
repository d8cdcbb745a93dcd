import { InvalidOptionError } from '../../foundation/errors.js';
import { InvalidTopicNameError } from './errors.js';

/** The server makes a directory of it. */
export const MAX_TOPIC_NAME_BYTES = 255;

/** Mostly the next record goes where the last one went. A good name from the start: nothing at all would pass for one. */
let lastGood = 'a';

/** Returns `name` if a server accepts it (lance.md 2.8). @throws {@link InvalidTopicNameError}; what is no text, {@link InvalidOptionError}. */
export function checkTopicName(name: string): string {
  if (name === lastGood) return name;
  // A pattern takes anything for a text, so that an array of one name would pass.
  if (typeof name !== 'string') throw new InvalidOptionError('name', name, 'must be the name of a topic');
  if (/^[A-Za-z0-9-]+$/.test(name) && name.length <= MAX_TOPIC_NAME_BYTES) return (lastGood = name);
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  throw new InvalidTopicNameError(
    `topic name ${shown}: must be 1 to ${MAX_TOPIC_NAME_BYTES} letters a-z, A-Z, digits or dashes`,
    { context: { name } },
  );
}
