import type { Observable, Subscription } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import type { Delivery } from '../../src/observables/delivery/types.js';

/** What an Observable has told so far, and when. */
export class Watch<T> {
  readonly values: T[] = [];
  readonly atMs: number[] = [];
  error: unknown;
  ended: 'error' | 'complete' | undefined;
  endedAtMs = Number.NaN;
  readonly subscription: Subscription;

  constructor(source: Observable<T>, onNext: (value: T) => void = () => {}) {
    this.subscription = source.subscribe({
      next: (value) => {
        this.values.push(value);
        this.atMs.push(clock.now());
        onNext(value);
      },
      error: (error: unknown) => {
        this.error = error;
        this.end('error');
      },
      complete: () => this.end('complete'),
    });
  }

  unsubscribe(): void {
    this.subscription.unsubscribe();
  }

  private end(how: 'error' | 'complete'): void {
    this.ended = how;
    this.endedAtMs = clock.now();
  }
}

/** Keeps deliveries, for tests that settle by hand. */
export class Deliveries<T> extends Watch<Delivery<T>> {
  /** The n-th delivery, from 0. */
  at(index: number): Delivery<T> {
    const delivery = this.values[index];
    if (delivery === undefined) throw new Error(`only ${this.values.length} deliveries`);
    return delivery;
  }

  ackAll(): void {
    for (const delivery of this.values) delivery.ack();
  }
}
