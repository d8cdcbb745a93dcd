import type { PayloadCodec } from './codec.js';
import { PayloadError } from './errors.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

const TEXT: PayloadCodec<string> = {
  name: 'text',
  encode(value) {
    // An object would be written as "[object Object]", and nothing at all as an empty text.
    if (typeof value !== 'string') throw new PayloadError('text', `a value of type ${typeof value} is no text`);
    return encodeUtf8(value);
  },
  decode(bytes) {
    try {
      return decodeUtf8(bytes);
    } catch (cause) {
      throw new PayloadError('text', `${bytes.length} bytes are not UTF-8`, cause);
    }
  },
};

/**
 * UTF-8 text. Throws `PayloadError` on bytes that are not UTF-8, and on values that are no text.
 *
 * @example
 * text().decode(text().encode('café')); // 'café'
 */
export function text(): PayloadCodec<string> {
  return TEXT;
}
