import { concatMap, mergeMap, of, timer, windowCount } from 'rxjs';
import type { LanceRecord } from '../../src/codecs/lance/record.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing.js';

/** A handler that fails once for each record. */
function fussy(): (record: LanceRecord<unknown>) => string {
  const tried = new Set<string>();
  return (record) => {
    const text = record.text();
    if (tried.has(text)) return text;
    tried.add(text);
    throw new Error('not yet');
  };
}

const LETTERS = [...'abcdefghijkl'];

describe('records() of one batch after the other, each of which ends before its nacked records have come again', () => {
  it('they come again alone, and what is inside ends behind them', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...LETTERS);
      const stream = rig.client.consume('log', { maxFetchBytes: 12 });
      const handled = work(fussy(), { onError: 'nack' });
      const seen = watch(stream.pipe(concatMap((batch) => of(batch).pipe(records(), handled))));
      yield 10_000;
      expect(seen.values).toEqual(LETTERS);
      expect(stream.fate()).toMatchObject({ delivered: 6, acked: 6 });
      seen.unsubscribe();
    });
  });

  it('the same with windows, until the stream is drained', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...LETTERS);
      const stream = rig.client.consume('log', { maxFetchBytes: 12 });
      const handled = work(fussy(), { onError: 'nack' });
      const seen = watch(
        stream.pipe(
          windowCount(2),
          mergeMap((some) => some.pipe(records(), handled)),
        ),
      );
      yield 150;
      const drained = watch(stream.drain({ deadlineMs: 1_000 }));
      yield 3_000;
      expect([drained.ended, seen.ended]).toEqual(['complete', 'complete']);
    });
  });

  it('a nack that comes when what is inside has ended makes the batch come again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const stream = rig.client.consume('log');
      const seen = watch(
        stream.pipe(
          mergeMap((batch) => of(batch).pipe(records())),
          mergeMap((record) => timer(10).pipe(mergeMap(() => of(record)))),
        ),
      );
      yield 100;
      expect(seen.values).toHaveLength(2);
      seen.at(0).ack();
      seen.at(1).nack();
      yield 100;
      expect(seen.values.map(({ value, attempt }) => `${value.text()}${attempt}`)).toEqual(['a1', 'b1', 'a2', 'b2']);
      seen.at(2).ack();
      seen.at(3).ack();
      expect(stream.fate()).toMatchObject({ delivered: 2, nacked: 1, acked: 1 });
      seen.unsubscribe();
    });
  });
});
