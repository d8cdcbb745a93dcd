import type { OperatorFunction } from 'rxjs';
import { operate } from '../../../src/observables/delivery/operators/operate.js';
import { DUTY, type Delivery, type Holder } from '../../../src/observables/delivery/types.js';

/**
 * Keeps deliveries until there are `size`, or until their session needs them released: the least that a buffer must do
 * to live within a window.
 */
export function holdingBuffer<V>(size: number, name = 'buffer'): OperatorFunction<Delivery<V>, Delivery<V>[]> {
  return operate<Delivery<V>, Delivery<V>[]>((below) => {
    let kept: Delivery<V>[] = [];
    const flush = (): void => {
      const bundle = kept;
      if (bundle.length === 0) return;
      kept = [];
      for (const delivery of bundle) delivery[DUTY].unhold(holder);
      below.next(bundle);
    };
    const holder: Holder = { name, release: flush };
    return {
      next(delivery) {
        delivery[DUTY].touch(name);
        kept.push(delivery);
        delivery[DUTY].hold(holder);
        if (kept.length === size) flush();
      },
      complete() {
        flush();
        below.complete();
      },
    };
  });
}
