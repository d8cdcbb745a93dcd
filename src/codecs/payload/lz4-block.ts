import { platformName, requireModule } from '../optional-module.js';
import { readU32 } from '../little-endian.js';
import { NotSupportedError, PayloadError } from './errors.js';

/** The largest block that is decompressed unless the caller says otherwise: 16 MiB. */
export const MAX_DECOMPRESSED_BYTES = 16 * 1024 * 1024;

const PREFIX_BYTES = 4;
/** LZ4 cannot make more than this out of one byte. */
const MAX_RATIO = 255;

/** The two functions of `lz4-napi` that are used. */
export type Lz4Native = Pick<typeof import('lz4-napi'), 'compressSync' | 'uncompressSync'>;

let native: Lz4Native | undefined;

/** One LZ4 block behind its size as u32, as `lz4_flex` calls "size prepended". */
export function compressBlock(bytes: Uint8Array): Uint8Array {
  // The native code takes Buffers only.
  return nativeLz4().compressSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** One LZ4 block and nothing else: nobody can tell what size it will have again. */
export function compressRawBlock(bytes: Uint8Array): Uint8Array {
  return compressBlock(bytes).subarray(PREFIX_BYTES);
}

/** Throws {@link NotSupportedError} where there is no `lz4-napi`. */
export function requireLz4(): void {
  nativeLz4();
}

/**
 * Decompresses what {@link compressBlock} made. The announced size is judged before any native code sees it: an
 * unchecked 0xFFFFFFFF blocks the event loop for seconds or aborts the process. Throws {@link PayloadError}.
 */
export function decompressBlock(bytes: Uint8Array, maxBytes: number, load: () => Lz4Native = nativeLz4): Uint8Array {
  const size = announcedSize(bytes, maxBytes);
  const { uncompressSync } = load();
  let block: Uint8Array;
  try {
    block = uncompressSync(bytes);
  } catch (cause) {
    throw new PayloadError('lz4', `${bytes.length} bytes are not an LZ4 block`, cause);
  }
  // A size that is too large is not noticed by the native code.
  if (block.length !== size) throw new PayloadError('lz4', `announces ${size} bytes and has ${block.length}`);
  return block;
}

/** The size that a block announces, 0 if {@link decompressBlock} would refuse it; of errors it makes none, they cost more. */
export function expandedSize(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length <= PREFIX_BYTES) return 0;
  const size = readU32(bytes, 0);
  return size > maxBytes || size > MAX_RATIO * (bytes.length - PREFIX_BYTES) ? 0 : size;
}

function announcedSize(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length <= PREFIX_BYTES) throw new PayloadError('lz4', `${bytes.length} bytes are too few for a block`);
  const size = readU32(bytes, 0);
  if (size > maxBytes) throw new PayloadError('lz4', `announces ${size} bytes: at most ${maxBytes} allowed`);
  const possible = MAX_RATIO * (bytes.length - PREFIX_BYTES);
  if (size > possible) {
    throw new PayloadError('lz4', `announces ${size} bytes: a block of this length has at most ${possible}`);
  }
  return size;
}

function nativeLz4(): Lz4Native {
  if (native !== undefined) return native;
  try {
    native = requireModule('lz4-napi') as Lz4Native;
    return native;
  } catch (cause) {
    throw new NotSupportedError(`lz4: the native module 'lz4-napi' does not load on ${platformName()}`, { cause });
  }
}
