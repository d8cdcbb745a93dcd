import type { PayloadCodec } from './codec.js';
import { cannotEncode, PayloadError } from './errors.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** Lance's code for JSON. */
const JSON_RECORD = 0x02;

const JSON_CODEC: PayloadCodec<unknown> = {
  name: 'json',
  recordType: JSON_RECORD,
  encode(value) {
    const text = stringify(value);
    if (text === undefined) throw new PayloadError('json', `a value of type ${typeof value} has no JSON`);
    return encodeUtf8(text);
  },
  decode(bytes) {
    try {
      return JSON.parse(decodeUtf8(bytes));
    } catch (cause) {
      throw new PayloadError('json', `${bytes.length} bytes are not JSON`, cause);
    }
  },
};

/**
 * JSON in UTF-8. The type is what you say: nothing is validated. Throws `PayloadError` on bytes that are not JSON, on
 * values without JSON (`undefined`, functions) and on those that `JSON.stringify` refuses (bigint, cycles).
 *
 * @example
 * const codec = json<{ id: number }>();
 * codec.decode(codec.encode({ id: 7 })).id; // 7
 */
export function json<T = unknown>(): PayloadCodec<T> {
  return JSON_CODEC as PayloadCodec<T>;
}

/** `JSON.stringify` with its real type: it gives nothing for `undefined` and functions. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw cannotEncode('json', cause);
  }
}
