import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Lens } from '../../observables/delivery/handle.js';
import type { Fate, Origin } from '../../observables/delivery/types.js';

/** What became of one delivery; a test names as many of these as it cares about. */
export interface FateEvent<T = unknown> {
  readonly fate: Fate;
  /** What was delivered; what its codec throws if it can't be read. */
  readonly value: T;
  /** 1 for the first delivery, more for each time it came again. */
  readonly attempt: number;
  /** The last operator of this library that saw it, such as `work`; `subscriber` if none did. */
  readonly by: string;
  /**
   * Why: what was said with `dead`, what went wrong, or for one that is abandoned `unsubscribe`, `lease`, `drain`,
   * `error` (its session failed), `unconfirmed` (nobody confirmed in time what was decided) or `undecided`.
   */
  readonly reason?: string | undefined;
  /** How long a nacked one stays away, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** How often a dead one was tried, the retries of a handler included. */
  readonly attempts?: number | undefined;
  /** What a task or a rollout was acked with. */
  readonly result?: unknown;
  /** The offset, message or rollout id. */
  readonly position: Origin['position'];
}

/** What a delivery carries; what its codec throws if it can't be read. */
export function valueOf({ readValue }: Lens<unknown, unknown>, node: LedgerNode): unknown {
  if (readValue === undefined) return node.value;
  try {
    return readValue(node);
  } catch (error) {
    return error;
  }
}
