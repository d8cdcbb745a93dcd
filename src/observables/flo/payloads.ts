import { checkCodec } from '../../codecs/payload/check-codec.js';
import type { PayloadCodec } from '../../codecs/payload/codec.js';
import { encodeUtf8 } from '../../codecs/payload/utf8.js';
import { InvalidOptionError } from '../../foundation/errors.js';

/** A name on the wire; text is UTF-8. @throws InvalidOptionError */
export function nameBytes(option: string, name: string | Uint8Array): Uint8Array {
  return bytesOf(option, name, 'must be a text or bytes');
}

/** The bytes of a value; without a codec it must be bytes already, or a text. @throws PayloadError, InvalidOptionError */
export function valueBytes<V>(option: string, value: V, codec: PayloadCodec<V> | undefined): Uint8Array {
  const encoder = checkCodec('codec', codec);
  if (encoder !== undefined) return encoder.encode(value);
  return bytesOf(option, value, 'must be a text or bytes; for other values give a codec');
}

function bytesOf(option: string, value: unknown, rule: string): Uint8Array {
  if (typeof value === 'string') return encodeUtf8(value);
  if (value instanceof Uint8Array) return value;
  throw new InvalidOptionError(option, value, rule);
}
