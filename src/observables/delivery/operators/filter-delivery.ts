import type { MonoTypeOperatorFunction, OperatorFunction } from 'rxjs';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { UnreadableDelivery } from '../derived.js';
import { HandlerError } from '../errors.js';
import type { AnyDelivery, Delivery, ResultOf, ValueOf } from '../types.js';
import { notePromise } from '../witness.js';
import { dutyOf } from './duty-of.js';
import { operate } from './operate.js';

/** What acks the deliveries that are dropped; nothing is needed where a delivery is acked with nothing. */
export type Dropped<D> = [ResultOf<D>] extends [void]
  ? [options?: { result?: undefined }]
  : [options: { result: ResultOf<D> }];

/**
 * Passes on the deliveries whose value is wanted and acks the others. A predicate that throws errors the stream with a
 * {@link HandlerError} and leaves the delivery unsettled. A value that can't be read is passed on: whoever reads it
 * below gets the error.
 *
 * @example
 * import { filterDelivery } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * new LanceClient().consume('events').pipe(filterDelivery((batch) => batch.length > 1)).subscribe((kept) => kept.ack());
 */
export function filterDelivery<D extends AnyDelivery, S extends ValueOf<D>>(
  is: (value: ValueOf<D>, delivery: D) => value is S,
  ...options: Dropped<D>
): OperatorFunction<D, Delivery<S, ResultOf<D>>>;
export function filterDelivery<D extends AnyDelivery>(
  keep: (value: ValueOf<D>, delivery: D) => boolean,
  ...options: Dropped<D>
): MonoTypeOperatorFunction<D>;
export function filterDelivery<D extends AnyDelivery>(
  keep: (value: ValueOf<D>, delivery: D) => boolean,
  ...[options]: Dropped<D>
): MonoTypeOperatorFunction<D> {
  if (typeof keep !== 'function') throw new InvalidOptionError('filterDelivery keep', keep, 'must be a function');
  return operate<D, D>((below) => ({
    next(delivery) {
      dutyOf('filterDelivery', delivery).touch('filterDelivery');
      let value: ValueOf<D>;
      try {
        value = delivery.value as ValueOf<D>;
      } catch (error) {
        below.next(new UnreadableDelivery<ResultOf<D>>(delivery, error) as AnyDelivery as D);
        return;
      }
      let kept: boolean;
      try {
        kept = notePromise('filterDelivery: the predicate', keep(value, delivery));
      } catch (cause) {
        below.error(HandlerError.of('filterDelivery', delivery, cause));
        return;
      }
      if (kept) below.next(delivery);
      else delivery.ack(options?.result);
    },
  }));
}
