import { concatMap, tap, timer, type Observable } from 'rxjs';
import type { RecordBatch } from '../../../../src/codecs/lance/record-batch.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import { MemoryOffsetStore } from '../../../../src/observables/lance/stores/memory-offset-store.js';
import type { OffsetKey, OffsetStore } from '../../../../src/observables/lance/stores/offset-store.js';
import type { CrashScenario } from '../../../../src/testing/exhaustive/every-crash-point.js';
import { NUMBERS, settled } from './numbers.js';

/** What became of a log. */
export interface Consumed {
  /** In the order in which they were handled, repeated ones too. */
  readonly handled: readonly number[];
  /** The position that is kept in the end, and the end of the log. */
  readonly kept: bigint | undefined;
  readonly end: number;
}

/** Which mistake the program makes, if any. */
export interface ConsumeMistakes {
  /** The handler returns before its work is done: the batch is acked too early. */
  readonly acksEarly?: boolean;
  /** The position of what has been delivered is kept, not of what has been settled. */
  readonly commitsEarly?: boolean;
}

const READER = { consumer: 'reader', topicId: 1, topicName: 'log' } satisfies OffsetKey;
const WINDOW = { maxFetchBytes: 16, window: { deliveries: 2 } };
const COMMITS = { commitCount: 2, commitIntervalMs: 20 };

/** A log is read in batches of two or three, each worked on for 25 ms; positions go to a file, which takes 3 ms. */
export const consume = ({ acksEarly = false, commitsEarly = false }: ConsumeMistakes = {}): CrashScenario<Consumed> =>
  function* ({ lance, crashable }) {
    const { append, newClient } = lance();
    // Six bytes each.
    const end = append('log', ...NUMBERS.map(String));
    const disk = new MemoryOffsetStore();
    const handled: number[] = [];
    const handle = (batch: RecordBatch<Uint8Array>): Observable<unknown> =>
      timer(25).pipe(tap(() => handled.push(...Array.from(batch, (record) => Number(record.text())))));

    crashable(() => {
      const stream = newClient().consume('log', { name: 'reader', ...WINDOW, ...COMMITS, offsetStore: slow(disk) });
      stream
        .pipe(
          tap(({ value }) => {
            if (commitsEarly) disk.save(READER, value.nextOffset).subscribe();
          }),
          work((batch) => (acksEarly ? handle(batch).subscribe() : handle(batch))),
        )
        .subscribe();
    });

    let kept: bigint | undefined;
    const load = (): bigint | undefined => {
      disk.load(READER).subscribe((offset) => (kept = offset));
      return kept;
    };
    yield* settled(() => new Set(handled).size === NUMBERS.length && load() === BigInt(end));
    return { handled, kept: load(), end };
  };

/** What is kept is there once the save has ended, not before. */
function slow(disk: MemoryOffsetStore): OffsetStore {
  return {
    load: (key) => disk.load(key),
    save: (key, offset) => timer(3).pipe(concatMap(() => disk.save(key, offset))),
    delete: (key) => disk.delete(key),
  };
}
