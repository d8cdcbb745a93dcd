import type { DeliveryStream } from 'sluice';
import type { Attempt, Rollout } from 'sluice/lightning';

/** What became of the deliveries of one stream. */
export interface Fate {
  readonly delivered: number;
  readonly acked: number;
  readonly nacked: number;
  readonly dead: number;
  readonly abandoned: number;
}

/** The fates of a stream, as it counts them itself. */
export function fateOf(stream: DeliveryStream<unknown>): Fate {
  const { delivered, acked, nacked, dead, abandoned } = stream.fate();
  return { delivered, acked, nacked, dead, abandoned };
}

/**
 * An attempt at a rollout in the words of a delivery: one that failed is nacked, for the rollout goes back into the
 * store's queue, or dead if it was the last; one that never ended was abandoned.
 */
export function fateOfAttempt(
  rollout: Rollout | undefined,
  attempt: Attempt,
  latest: Attempt | undefined,
): Exclude<keyof Fate, 'delivered'> {
  if (attempt.status === 'succeeded') return 'acked';
  if (attempt.status !== 'failed') return 'abandoned';
  return rollout?.status === 'failed' && attempt.attemptId === latest?.attemptId ? 'dead' : 'nacked';
}
