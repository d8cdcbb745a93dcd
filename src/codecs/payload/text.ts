import type { PayloadCodec } from './codec.js';
import { PayloadError } from './errors.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

const TEXT: PayloadCodec<string> = {
  name: 'text',
  encode: encodeUtf8,
  decode(bytes) {
    try {
      return decodeUtf8(bytes);
    } catch (cause) {
      throw new PayloadError('text', `${bytes.length} bytes are not UTF-8`, cause);
    }
  },
};

/**
 * UTF-8 text. Decoding throws `PayloadError` on bytes that are not UTF-8.
 *
 * @example
 * text().decode(text().encode('café')); // 'café'
 */
export function text(): PayloadCodec<string> {
  return TEXT;
}
