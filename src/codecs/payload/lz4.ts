import { integerIn } from '../../foundation/check.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { needCodec } from './check-codec.js';
import type { PayloadCodec } from './codec.js';
import { PayloadError } from './errors.js';
import { compressBlock, decompressBlock, expandedSize, MAX_DECOMPRESSED_BYTES } from './lz4-block.js';

/** Lance has no code for compressed values: this is one of those free for users. */
const LZ4_RECORD = 0x84;
const MAX_BUFFER_BYTES = 0x7fff_ffff;

export interface Lz4Options {
  /** The largest value, in bytes before compression: what announces more is refused unread. Default 16 MiB. */
  readonly maxBytes?: number;
}

/**
 * Compresses what `inner` encodes, value by value: a u32 size and one LZ4 block. Throws `PayloadError` on anything
 * that is not an honest block of at most `maxBytes`, `NotSupportedError` where `lz4-napi` has no build.
 *
 * @example
 * import { json } from 'sluice';
 * const codec = lz4(json<number[]>());
 * codec.decode(codec.encode([1, 2, 3])).length; // 3
 */
export function lz4<T>(inner: PayloadCodec<T>, options: Lz4Options = {}): PayloadCodec<T> {
  const name = `lz4(${needCodec('inner', inner).name})`;
  const given = onlyKnown('lz4', options, { maxBytes: true }).maxBytes;
  const maxBytes = integerIn('maxBytes', given ?? MAX_DECOMPRESSED_BYTES, 0, MAX_BUFFER_BYTES);
  return {
    name,
    recordType: LZ4_RECORD,
    encode(value) {
      const bytes = inner.encode(value);
      if (bytes.length <= maxBytes) return compressBlock(bytes);
      throw new PayloadError(name, `a value of ${bytes.length} bytes: at most ${maxBytes} allowed`);
    },
    decode: (bytes) => inner.decode(decompressBlock(bytes, maxBytes)),
    expandedBytes: (bytes) => expandedSize(bytes, maxBytes),
  };
}
