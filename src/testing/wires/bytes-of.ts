import { InvalidOptionError } from '../../foundation/errors.js';

/**
 * What a test writes as text or as bytes, as bytes.
 *
 * @throws InvalidOptionError for anything else: objects want a codec.
 */
export function bytesOf(where: string, value: string | Uint8Array): Uint8Array {
  if (typeof value === 'string') return new Uint8Array(Buffer.from(value));
  // The compiler has seen to it; users may have no types.
  if (value instanceof Uint8Array) return value;
  throw new InvalidOptionError(where, value, 'must be a text or a Uint8Array: write JSON.stringify(…) for an object');
}
