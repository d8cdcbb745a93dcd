import type { FloCodec, FloCodecOptions, FloProtocol } from './codec.js';
import { v132 } from './v1-32.js';
import { v2Table } from './v2-table.js';

/** The codec of a generation. The options matter to `v1-32` only. */
export function codecFor(protocol: FloProtocol, options: FloCodecOptions = {}): FloCodec {
  return protocol === 'v1-32' ? v132(options) : v2Table();
}
