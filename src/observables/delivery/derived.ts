import type { Observable } from 'rxjs';
import { INSPECT, type Inspecting } from '../../foundation/in-logs.js';
import { deliveryAsJson, inspectedDelivery } from './in-logs.js';
import {
  DUTY,
  type DeadOptions,
  type Delivery,
  type Duty,
  type NackOptions,
  type Origin,
  type Outcome,
  type Settled,
} from './types.js';

/** Something under the duty of its parent. */
abstract class Descendant<R> implements Delivery<unknown, R> {
  abstract readonly value: unknown;

  constructor(private readonly parent: Delivery<unknown, R>) {}

  get [DUTY](): Duty {
    return this.parent[DUTY];
  }

  get source(): Origin {
    return this.parent.source;
  }

  get attempt(): number {
    return this.parent.attempt;
  }

  get signal(): AbortSignal {
    return this.parent.signal;
  }

  get outcome$(): Observable<Outcome> {
    return this.parent.outcome$;
  }

  ack(result: R): Settled {
    return this.parent.ack(result);
  }

  nack(options?: NackOptions): Settled {
    return this.parent.nack(options);
  }

  dead(options?: DeadOptions): Settled {
    return this.parent.dead(options);
  }

  /** For logs: where it came from, and what it carries. */
  toJSON(): Record<string, unknown> {
    return deliveryAsJson(this);
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspectedDelivery(this, how);
  }
}

/** Another value under the duty of its parent. */
export class DerivedDelivery<T, R> extends Descendant<R> implements Delivery<T, R> {
  constructor(
    parent: Delivery<unknown, R>,
    readonly value: T,
  ) {
    super(parent);
  }
}

/** The value of its parent could not be read: whoever has a policy for that reads the same error. */
export class UnreadableDelivery<R> extends Descendant<R> implements Delivery<never, R> {
  constructor(
    parent: Delivery<unknown, R>,
    private readonly error: unknown,
  ) {
    super(parent);
  }

  get value(): never {
    throw this.error;
  }
}
