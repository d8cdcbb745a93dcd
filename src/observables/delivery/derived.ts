import type { Observable } from 'rxjs';
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

/** Another value under the duty of its parent. */
export class DerivedDelivery<T, R> implements Delivery<T, R> {
  constructor(
    private readonly parent: Delivery<unknown, R>,
    readonly value: T,
  ) {}

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
}
