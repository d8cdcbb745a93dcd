import { concatMap, defer, from, map, of, tap, timer, type Observable } from 'rxjs';
import { decodeRecords } from '../../../src/codecs/lance/tlv.js';
import { text } from '../../../src/codecs/payload/text.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { records } from '../../../src/observables/delivery/operators/records.js';
import { MemoryOffsetStore } from '../../../src/observables/lance/memory-offset-store.js';
import type { OffsetKey } from '../../../src/observables/lance/offset-store.js';
import type { MarbleKit } from '../../../src/testing/kit/kit.js';
import { until } from '../../../src/testing/run/script.js';

type Scenario<R> = (kit: MarbleKit) => Generator<number, R>;

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8];
/** Of {@link NUMBERS}. */
export const SUM = 36;

export const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, each) => sum + each, 0);

/** What the log of the producers holds in the end, and what they had been told. */
export interface Produced {
  /** In the order of the log, repeated ones too. */
  readonly stored: readonly number[];
  /** Acknowledged, in that order. */
  readonly acked: readonly number[];
}

/** An outbox is sent: one number every 4 ms, those again that had not been acknowledged when the program died. */
export const produce: Scenario<Produced> = function* ({ lance, crashable }) {
  const { server, producer } = lance({ ackDelayMs: 5 });
  server.createTopic('log');
  const acked = new Set<number>();
  crashable(() => {
    const sending = producer();
    from(NUMBERS.filter((number) => !acked.has(number)))
      .pipe(concatMap((number) => timer(4).pipe(map(() => number))))
      .subscribe((number) => {
        sending.send('log', String(number)).subscribe({ complete: () => acked.add(number) });
      });
  });
  yield* until(() => acked.size === NUMBERS.length);
  const stored = decodeRecords(server.read('log')).records.map(({ value }) => Number(Buffer.from(value).toString()));
  return { stored, acked: [...acked] };
};
