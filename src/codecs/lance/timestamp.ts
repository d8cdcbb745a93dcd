import { integerIn } from '../../foundation/check.js';
import { WORD } from '../little-endian.js';

const NS_PER_MS = 1_000_000;
const HALF = 0x1_0000;
/** The last millisecond whose nanoseconds fit into a u64. */
const MAX_MS = 18_446_744_073_709;

/** Two u32 words of a u64. */
export interface Words {
  readonly low: number;
  readonly high: number;
}

/** Milliseconds since the Unix epoch as u64 nanoseconds, exact and without BigInt; fractions are dropped. */
export function nanosecondWords(timestampMs: number): Words {
  const ms = integerIn('timestampMs', Math.floor(timestampMs), 0, MAX_MS);
  // In halves of 16 bits, so that no product exceeds 2^53.
  const upper = Math.floor(ms / HALF) * NS_PER_MS;
  const lower = (ms % HALF) * NS_PER_MS;
  const low = (upper % HALF) * HALF + lower;
  return { low: low % WORD, high: Math.floor(upper / HALF) + Math.floor(low / WORD) };
}
