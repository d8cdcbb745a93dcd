import { Observable } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { INSPECT, type Inspecting } from '../../foundation/in-logs.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { LedgerNode } from './core/node.js';
import { OUTCOMES } from './core/outcomes.js';
import type { Decision } from './core/source.js';
import type { Vote } from './core/vote.js';
import { NoDeadLettersError } from './errors.js';
import { deliveryAsJson, inspectedDelivery } from './in-logs.js';
import { Sight } from './sight.js';
import {
  DEAD_OPTIONS,
  DUTY,
  NACK_OPTIONS,
  type AnyDelivery,
  type DeadOptions,
  type Delivery,
  type Duty,
  type NackOptions,
  type Origin,
  type Outcome,
  type Settled,
} from './types.js';

const ACKED: Decision = { fate: 'acked', result: undefined };

/** What handles show of a node. */
export class Lens<T, N> {
  constructor(
    /** Names where it came from. */
    readonly originOf: (this: void, node: LedgerNode<N>) => Origin,
    /** Reads its value; without it, that is what the node carries. */
    readonly readValue: ((this: void, node: LedgerNode<N>) => T) | undefined,
  ) {}
}

const signals = new WeakMap<AnyDelivery, AbortSignal>();

/** One signal per delivery, made when first asked for. */
export function signalOf(delivery: AnyDelivery): AbortSignal {
  let signal = signals.get(delivery);
  if (signal === undefined) {
    const controller = new AbortController();
    signal = controller.signal;
    signals.set(delivery, signal);
    delivery[DUTY].onLost(() => controller.abort());
  }
  return signal;
}

/** What the subscriber holds: the say over one node, valid for the attempt it was made for. */
export class DeliveryHandle<T, R, N = T> implements Delivery<T, R> {
  readonly attempt: number;

  constructor(
    protected readonly node: LedgerNode<N>,
    private readonly lens: Lens<T, N>,
  ) {
    this.attempt = node.attempt;
  }

  /** That of its own attempt, which has nothing to do with a later one. */
  get [DUTY](): Duty {
    return this.node.attempt === this.attempt ? this.node : new Sight(this.node, this.attempt);
  }

  get value(): T {
    const { readValue } = this.lens;
    // A plan without `readValue` has nodes that carry the values.
    return readValue === undefined ? (this.node.value as unknown as T) : readValue(this.node);
  }

  get source(): Origin {
    return this.lens.originOf(this.node);
  }

  get signal(): AbortSignal {
    return signalOf(this);
  }

  get outcome$(): Observable<Outcome> {
    return new Observable((subscriber) => {
      const tell = (outcome: Outcome): void => {
        subscriber.next(outcome);
        subscriber.complete();
      };
      if (this.node.attempt === this.attempt) this.node.onOutcome(tell);
      // It has come again since.
      else tell(this.node.wasAbandoned(this.attempt) ? OUTCOMES.abandoned : OUTCOMES.nacked);
    });
  }

  ack(result: R): Settled {
    return this.decide(result === undefined ? ACKED : { fate: 'acked', result });
  }

  nack(options: NackOptions = {}): Settled {
    const { delayMs = 0 } = onlyKnown('nack', options, NACK_OPTIONS);
    return this.decide({ fate: 'nacked', delayMs: milliseconds('nack.delayMs', delayMs) });
  }

  dead(options: DeadOptions = {}): Settled {
    onlyKnown('dead', options, DEAD_OPTIONS);
    if (!this.node.flow.takesDead) throw NoDeadLettersError.of(this.source);
    return this.decide({ fate: 'dead', options });
  }

  /** For logs: where it came from, and what it carries. */
  toJSON(): Record<string, unknown> {
    return deliveryAsJson(this);
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspectedDelivery(this, how);
  }

  protected decide(decision: Decision): Settled {
    return this.node.flow.settle(this.node, this.attempt, decision);
  }
}

/** What each of several subscribers holds: a vote of its own. */
export class VoterHandle<T, R, N = T> extends DeliveryHandle<T, R, N> {
  constructor(
    private readonly vote: Vote<N>,
    lens: Lens<T, N>,
  ) {
    super(vote.ballot.node, lens);
  }

  override get [DUTY](): Duty {
    return this.vote;
  }

  protected override decide(decision: Decision): Settled {
    return this.vote.cast(decision);
  }
}

/** A look at a delivery without a vote. */
export class ObserverHandle<T, R, N = T> extends DeliveryHandle<T, R, N> {
  private sight: Sight<N> | undefined = undefined;

  override get [DUTY](): Duty {
    this.sight ??= new Sight(this.node, this.attempt);
    return this.sight;
  }

  override ack(): Settled {
    return 'observer';
  }

  override nack(): Settled {
    return 'observer';
  }

  override dead(): Settled {
    return 'observer';
  }
}
