import type { FloCodec, Refusal } from '../../codecs/flo/codec.js';
import { MAX_WAIT_MS } from '../../codecs/flo/limits.js';
import type { FloCore } from './core.js';
import { waitTooLong } from './refusals.js';

/** Longer names of keys and queues are not waited for (flo.md 5). */
const LONGEST_NAME = 256;

/**
 * How long a request may wait, 0 for not at all. Early servers take 0 for ever and refuse no length of it, late ones
 * neither (flo.md 0).
 */
export function waitMsOf(
  { behaviour }: FloCore,
  { protocol }: FloCodec,
  asked: number | undefined,
  name: Uint8Array,
): number | { readonly refusal: Refusal } {
  const early = protocol === 'v1-32' && behaviour.ttlUnit === 's';
  if (asked === undefined) return 0;
  if (asked > MAX_WAIT_MS && !early) return { refusal: waitTooLong(asked, MAX_WAIT_MS) };
  if (name.length > LONGEST_NAME) return 0;
  return early && asked === 0 ? Number.POSITIVE_INFINITY : asked;
}
