import type { OperatorFunction } from 'rxjs';
import type { LanceRecord } from '../../../codecs/lance/record.js';
import type { RecordBatch } from '../../../codecs/lance/record-batch.js';
import { clock } from '../../../foundation/clock.js';
import { NotADeliveryError } from '../errors.js';
import { DUTY, type AnyDelivery, type Delivery } from '../types.js';
import { operate } from './operate.js';
import { RecordShare, type RecordOutlet } from './record-share.js';

/** What {@link records} makes of batches, and of deliveries of batches. */
export type RecordsOf<I> =
  I extends Delivery<RecordBatch<infer V>, infer R>
    ? Delivery<LanceRecord<V>, R>
    : I extends RecordBatch<infer V>
      ? LanceRecord<V>
      : never;

/**
 * Flattens batches into records. Deliveries of batches become deliveries of records that share their batch's place in
 * the window: the batch is acked when all of them are settled, a nacked record comes again alone, a dead one goes alone
 * to the dead letters. Positions lie behind the last record before which all are settled: after a restart reading goes on
 * with the next one. Plain batches, after `autoAck()`, become plain records at a few nanoseconds each.
 *
 * @example
 * import { records, work } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * const lance = new LanceClient({ host: '127.0.0.1', port: 1992 });
 * lance.consume('events', { name: 'printer' }).pipe(records(), work((record) => console.log(record.text()))).subscribe();
 */
// oxlint-disable-next-line typescript/no-explicit-any -- any batch
export function records<I extends RecordBatch<any> | Delivery<RecordBatch<any>, any>>(): OperatorFunction<
  I,
  RecordsOf<I>
> {
  return operate<I, RecordsOf<I>>((below) => {
    const waiting = new Set<RecordShare>();
    let isDone = false;
    const completeIfDone = (): void => {
      if (isDone && ![...waiting].some(({ open }) => open)) below.complete();
    };
    const outlet: RecordOutlet = {
      waiting,
      get closed() {
        return below.closed;
      },
      // Settling calls nobody back.
      left: () => {
        if (isDone) clock.after(0, completeIfDone);
      },
    };
    return {
      next(item) {
        if (!isDelivery(item)) {
          if (!isBatch(item)) throw NotADeliveryError.of('records', item, 'batches or deliveries of them');
          for (let i = 0; i < item.length && !below.closed; i++) below.next(item.record(i) as RecordsOf<I>);
          return;
        }
        const { flow } = item[DUTY];
        item[DUTY].touch('records');
        const share = new RecordShare(item, (delivery) => below.next(delivery as unknown as RecordsOf<I>), outlet);
        flow.enter();
        for (let i = 0; i < share.length && !below.closed; i++) share.emit(i);
        flow.exit();
      },
      // A source may end before its batches are settled, such as `of(batch)`.
      complete() {
        isDone = true;
        completeIfDone();
      },
      teardown() {
        for (const share of waiting) share.forget();
      },
    };
  });
}

// The compiler has seen to it that it is one of the two; users may have no types.
function isDelivery(item: object | null | undefined): item is AnyDelivery {
  return (item as Partial<AnyDelivery> | null | undefined)?.[DUTY] !== undefined;
}

function isBatch(item: Partial<RecordBatch> | null | undefined): boolean {
  return typeof item?.record === 'function';
}
