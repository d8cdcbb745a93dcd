import type { OperatorFunction } from 'rxjs';
import type { Delivery, ValueOf } from '../types.js';
import { dutyOf } from './duty-of.js';
import { operate } from './operate.js';

/**
 * Acks each delivery, then passes its value on: at most once for everything below.
 *
 * @example
 * import { ack } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * new LanceClient().consume('events').pipe(ack()).subscribe((batch) => console.log(batch.length));
 */
// oxlint-disable-next-line typescript/no-explicit-any -- any value, acked with nothing
export function ack<D extends Delivery<any, void>>(): OperatorFunction<D, ValueOf<D>> {
  return operate<D, ValueOf<D>>((below) => ({
    next(delivery) {
      dutyOf('ack', delivery).touch('ack');
      delivery.ack();
      below.next(delivery.value as ValueOf<D>);
    },
  }));
}
