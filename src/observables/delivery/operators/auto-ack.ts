import type { OperatorFunction } from 'rxjs';
import type { Delivery, ValueOf } from '../types.js';
import { dutyOf } from './duty-of.js';
import { operate } from './operate.js';

/**
 * Passes each value on and acks its delivery when everything synchronous below has returned without ending the
 * subscription: an error below abandons the delivery, so that it is repeated. `take(n)` below repeats its last one.
 *
 * @example
 * import { autoAck, records } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * new LanceClient().consume('events').pipe(autoAck(), records()).subscribe((record) => console.log(record.text()));
 */
// oxlint-disable-next-line typescript/no-explicit-any -- any value, acked with nothing
export function autoAck<D extends Delivery<any, void>>(): OperatorFunction<D, ValueOf<D>> {
  return operate<D, ValueOf<D>>((below) => ({
    next(delivery) {
      dutyOf('autoAck', delivery).touch('autoAck');
      below.next(delivery.value as ValueOf<D>);
      if (!below.closed) delivery.ack();
    },
  }));
}
