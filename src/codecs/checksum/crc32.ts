import { findNativeCrc32, type Crc32 } from './native-crc32.js';
import { sliceBy8 } from './slice-by-8.js';

/** From this many bytes on a native call is faster than JavaScript (it costs about 70 ns whatever it is given). */
const NATIVE_FROM_BYTES = 200;

/** `undefined`: not looked for yet; `null`: this platform has none. */
let native: Crc32 | null | undefined;

/**
 * CRC-32/IEEE (0xEDB88320, check value 0xCBF43926), as a u32. Pass the last result as `seed` to go on.
 *
 * @example
 * crc32(new TextEncoder().encode('123456789')).toString(16); // 'cbf43926'
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (bytes.length < NATIVE_FROM_BYTES) return sliceBy8(bytes, 0, bytes.length, seed);
  if (native === undefined) native = findNativeCrc32() ?? null;
  return native === null ? sliceBy8(bytes, 0, bytes.length, seed) : native(bytes, seed);
}

/** {@link crc32} of `bytes[start, end)`; makes a view only where the native call needs one. */
export function crc32Range(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (end - start < NATIVE_FROM_BYTES) return sliceBy8(bytes, start, end, seed);
  return crc32(bytes.subarray(start, end), seed);
}
