import { Observable } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import type { LedgerNode } from './core/node.js';
import type { Decision } from './core/source.js';
import { NoDeadLettersError } from './errors.js';
import {
  DUTY,
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

/** Names where a node came from. */
export type OriginOf<T> = (node: LedgerNode<T>) => Origin;

const NACKED: Outcome = { fate: 'nacked' };

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

/** What the subscriber holds: a vote on one node, valid for the attempt it was made for. */
export class DeliveryHandle<T, R> implements Delivery<T, R> {
  readonly attempt: number;

  constructor(
    private readonly node: LedgerNode<T>,
    private readonly originOf: OriginOf<T>,
  ) {
    this.attempt = node.attempt;
  }

  get [DUTY](): Duty {
    return this.node;
  }

  get value(): T {
    return this.node.value;
  }

  get source(): Origin {
    return this.originOf(this.node);
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
      // It has come again since, so this one was nacked.
      if (this.node.attempt === this.attempt) this.node.onOutcome(tell);
      else tell(NACKED);
    });
  }

  ack(result: R): Settled {
    return this.decide(result === undefined ? ACKED : { fate: 'acked', result });
  }

  nack(options: NackOptions = {}): Settled {
    return this.decide({ fate: 'nacked', delayMs: milliseconds('nack.delayMs', options.delayMs ?? 0) });
  }

  dead(options: DeadOptions = {}): Settled {
    if (!this.node.flow.takesDead) throw NoDeadLettersError.of(this.source);
    return this.decide({ fate: 'dead', options });
  }

  private decide(decision: Decision): Settled {
    return this.node.flow.settle(this.node, this.attempt, decision);
  }
}

/** A look at a delivery without a vote. */
export class ObserverHandle<T, R> extends DeliveryHandle<T, R> {
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
