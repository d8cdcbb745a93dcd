import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Cause } from '../../observables/delivery/core/session-watcher.js';
import type { Decision } from '../../observables/delivery/core/source.js';
import type { Lens } from '../../observables/delivery/handle.js';
import type { DeadOptions, Fate, Origin, Outcome } from '../../observables/delivery/types.js';
import { isError, showValue } from '../marbles/show-value.js';
import { type FateEvent, valueOf } from './fate-event.js';

type AnyLens = Lens<unknown, unknown>;

/** What is known at the moment of a fate; the value is read when someone asks for it, as users do. */
export class NotedFate implements FateEvent {
  readonly fate: Fate;
  readonly attempt: number;
  readonly by: string;
  readonly reason: string | undefined;
  readonly delayMs: number | undefined;
  readonly attempts: number | undefined;
  readonly result: unknown;
  readonly position: Origin['position'];
  // Truly private: whoever prints a fate wants none of the books.
  readonly #lens: AnyLens;
  readonly #node: LedgerNode;

  constructor(
    lens: AnyLens,
    node: LedgerNode,
    outcome: Outcome,
    decision: Decision | undefined,
    cause: Cause | undefined,
  ) {
    const { fate, error } = outcome;
    // A wish that was not fulfilled says nothing of what was.
    const said = decision?.fate === fate ? decision : undefined;
    const dead = said?.fate === 'dead' ? said : undefined;
    this.fate = fate;
    this.attempt = node.attempt;
    this.by = node.operator === '' ? 'subscriber' : node.operator;
    this.reason = cause ?? (dead && reasonOf(dead.options)) ?? error?.message;
    this.delayMs = said?.fate === 'nacked' ? said.delayMs : undefined;
    this.attempts = dead && (dead.options.attempts ?? node.attempt);
    this.result = said?.fate === 'acked' ? said.result : undefined;
    this.position = lens.originOf(node).position;
    this.#lens = lens;
    this.#node = node;
  }

  get value(): unknown {
    return valueOf(this.#lens, this.#node);
  }
}

function reasonOf({ reason, cause }: DeadOptions): string | undefined {
  if (reason !== undefined || cause === undefined) return reason;
  if (typeof cause === 'string') return cause;
  return isError(cause) ? cause.message : showValue(cause);
}
