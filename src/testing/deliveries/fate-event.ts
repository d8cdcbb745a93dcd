import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Cause } from '../../observables/delivery/core/session-watcher.js';
import type { Decision } from '../../observables/delivery/core/source.js';
import type { Lens } from '../../observables/delivery/handle.js';
import type { Fate, Origin, Outcome } from '../../observables/delivery/types.js';
import { isError, showValue } from '../marbles/show-value.js';

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

/** What is known at the moment of a fate; the value is read when someone asks for it, as users do. */
export function fateEvent(
  lens: Lens<unknown, unknown>,
  node: LedgerNode,
  outcome: Outcome,
  decision: Decision | undefined,
  cause: Cause | undefined,
): FateEvent {
  const { fate } = outcome;
  const { attempt, operator } = node;
  // A wish that was not fulfilled says nothing of what was.
  const said = decision?.fate === fate ? decision : undefined;
  const reason = cause ?? (said?.fate === 'dead' ? reasonOf(said) : undefined) ?? outcome.error?.message;
  return {
    fate,
    get value() {
      return valueOf(lens, node);
    },
    attempt,
    by: operator === '' ? 'subscriber' : operator,
    ...(reason === undefined ? {} : { reason }),
    ...(said?.fate === 'nacked' ? { delayMs: said.delayMs } : {}),
    ...(said?.fate === 'dead' ? { attempts: said.options.attempts ?? attempt } : {}),
    ...(said?.fate === 'acked' && said.result !== undefined ? { result: said.result } : {}),
    get position() {
      return lens.originOf(node).position;
    },
  };
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

function reasonOf({ options: { reason, cause } }: Decision & { fate: 'dead' }): string | undefined {
  if (reason !== undefined || cause === undefined) return reason;
  if (typeof cause === 'string') return cause;
  return isError(cause) ? cause.message : showValue(cause);
}
