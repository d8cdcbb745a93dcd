import type { PayloadCodec } from './codec.js';

const RAW: PayloadCodec<Uint8Array> = { name: 'raw', encode: (value) => value, decode: (bytes) => bytes };

/**
 * Bytes as they are, never copied: what is decoded is a view that keeps its whole batch in memory.
 *
 * @example
 * raw().decode(new Uint8Array([1, 2])).length; // 2
 */
export function raw(): PayloadCodec<Uint8Array> {
  return RAW;
}
