import { InvalidTopicNameError } from './errors.js';

/** The server makes a directory of it. */
export const MAX_TOPIC_NAME_BYTES = 255;

/** Mostly the next record goes where the last one went. */
let lastGood: string | undefined;

/** Returns `name` if a server accepts it, else throws {@link InvalidTopicNameError} (lance.md 2.8). */
export function checkTopicName(name: string): string {
  if (name === lastGood) return name;
  if (/^[A-Za-z0-9-]+$/.test(name) && name.length <= MAX_TOPIC_NAME_BYTES) return (lastGood = name);
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  throw new InvalidTopicNameError(
    `topic name ${shown}: must be 1 to ${MAX_TOPIC_NAME_BYTES} letters a-z, A-Z, digits or dashes`,
    { context: { name } },
  );
}
