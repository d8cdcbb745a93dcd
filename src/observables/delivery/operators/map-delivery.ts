import type { OperatorFunction } from 'rxjs';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { DerivedDelivery, UnreadableDelivery } from '../derived.js';
import { HandlerError } from '../errors.js';
import type { AnyDelivery, Delivery, ResultOf, ValueOf } from '../types.js';
import { notePromise } from '../witness.js';
import { dutyOf } from './duty-of.js';
import { operate } from './operate.js';

/**
 * Changes the value and carries the duty along. A `project` that throws errors the stream with a {@link HandlerError}
 * and leaves the delivery unsettled; to decide fates by policy, use `work`. A value that can't be read is passed on as
 * it is: whoever reads it below gets the error.
 *
 * @example
 * import { mapDelivery } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * new LanceClient().consume('events').pipe(mapDelivery((batch) => batch.length)).subscribe((size) => size.ack());
 */
export function mapDelivery<D extends AnyDelivery, U>(
  project: (value: ValueOf<D>, delivery: D) => U,
): OperatorFunction<D, Delivery<U, ResultOf<D>>> {
  if (typeof project !== 'function') throw new InvalidOptionError('mapDelivery project', project, 'must be a function');
  return operate<D, Delivery<U, ResultOf<D>>>((below) => ({
    next(delivery) {
      dutyOf('mapDelivery', delivery).touch('mapDelivery');
      let given: ValueOf<D>;
      try {
        given = delivery.value as ValueOf<D>;
      } catch (error) {
        below.next(new UnreadableDelivery<ResultOf<D>>(delivery, error));
        return;
      }
      let value: U;
      try {
        value = notePromise('mapDelivery: the function', project(given, delivery));
      } catch (cause) {
        below.error(HandlerError.of('mapDelivery', delivery, cause));
        return;
      }
      below.next(new DerivedDelivery<U, ResultOf<D>>(delivery, value));
    },
  }));
}
