import { END_OFFSET } from '../../../codecs/lance/requests.js';
import type { TopicInfo, WireRetention } from '../../../codecs/lance/topic-json.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { onlyKnown } from '../../../foundation/known-options.js';

/**
 * What the server may delete of a topic: whole segments that are closed, every 60 seconds (lance.md 7.9). Deleting
 * shifts the positions of all that is left, and consumers stand elsewhere than before.
 */
export interface RetentionLimits {
  /**
   * How old data must be to be deleted, in milliseconds, rounded up to whole seconds; up to 18 446 744 073 000, no limit
   * if it is left out. 0 means that everything is old enough, not that there is no limit.
   */
  readonly maxAgeMs?: number;
  /**
   * How many bytes stay, from 0 to 2^64 - 1; no limit if it is left out. 0 means that nothing need stay. Which segments
   * go first is not certain: never rely on it to keep the newest (trap T 70).
   */
  readonly maxBytes?: bigint | number;
}

/** The limits that the server has set; `undefined` where there is none. */
export interface Retention {
  readonly maxAgeMs: number | undefined;
  readonly maxBytes: bigint | undefined;
}

/** A topic, and what may be deleted of it. */
export interface RetainedTopic extends TopicInfo {
  readonly retention: Retention;
}

/** No limit: 584 years, or more bytes than there are. */
const UNLIMITED = END_OFFSET;
/** Servers multiply by 10^9 in 64 bits: one second more would wrap around and delete everything. */
const MAX_AGE_SECS = 18_446_744_073;

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function wireRetention(where: string, limits: RetentionLimits): WireRetention {
  const { maxAgeMs, maxBytes } = onlyKnown(where, limits, { maxAgeMs: true, maxBytes: true });
  return {
    maxAgeSecs: maxAgeMs === undefined ? UNLIMITED : seconds(`${where}.maxAgeMs`, maxAgeMs),
    maxBytes: maxBytes === undefined ? UNLIMITED : u64(`${where}.maxBytes`, maxBytes),
  };
}

/** What the server says that it has set. */
export function retentionOf({ maxAgeSecs, maxBytes }: WireRetention): Retention {
  return {
    maxAgeMs: maxAgeSecs === UNLIMITED ? undefined : Number(maxAgeSecs) * 1_000,
    maxBytes: maxBytes === UNLIMITED ? undefined : maxBytes,
  };
}

/**
 * Returns a bigint for what may also be given as a safe integer.
 * @throws {@link InvalidOptionError} naming the option, the value and the rule.
 */
export function u64(option: string, value: bigint | number): bigint {
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  const whole = isWhole ? BigInt(value) : -1n;
  if (whole >= 0n && whole <= UNLIMITED) return whole;
  throw new InvalidOptionError(option, value, 'must be a bigint from 0 to 2^64 - 1, or a safe integer');
}

function seconds(option: string, ms: number): bigint {
  if (Number.isFinite(ms) && ms >= 0) {
    const whole = Math.ceil(ms / 1_000);
    if (whole <= MAX_AGE_SECS) return BigInt(whole);
  }
  throw new InvalidOptionError(
    option,
    ms,
    `must be a number of milliseconds from 0 to ${MAX_AGE_SECS * 1_000}; leave it out for no limit`,
  );
}
