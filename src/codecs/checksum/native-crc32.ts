import { requireModule } from '../optional-module.js';

/** CRC-32/IEEE of all `bytes`, continuing `seed`. */
export type Crc32 = (bytes: Uint8Array, seed: number) => number;

/**
 * The fastest checksum that this platform has: `@node-rs/crc32`, else that of `node:zlib`, else none.
 * Never throws; `load` is there for tests.
 */
export function findNativeCrc32(load: (name: string) => unknown = requireModule): Crc32 | undefined {
  return functionOf('@node-rs/crc32', load) ?? functionOf('node:zlib', load);
}

function functionOf(name: string, load: (name: string) => unknown): Crc32 | undefined {
  try {
    const loaded = load(name);
    const found: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'crc32') : undefined;
    return typeof found === 'function' ? (found as typeof import('@node-rs/crc32').crc32) : undefined;
  } catch {
    // No build for this platform: the next one does it.
    return undefined;
  }
}
