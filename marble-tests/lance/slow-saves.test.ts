import { defer, NEVER, of, repeat, retry, take } from 'rxjs';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { OffsetStoreError } from '../../src/observables/lance/stores/offset-store-error.js';
import { marbles } from '../../src/testing.js';
import { SlowStore } from './slow-store.js';

describe('a session that begins while the one before it is still storing its position goes on there', () => {
  it.each([
    ['the same stream', false],
    ['another stream of the client', true],
  ])('%s: what was settled does not come again', (_which, isOther) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdefghi');
      const offsetStore = new SlowStore(300);
      const read = () => rig.client.consume('log', { name: 'reader', offsetStore });
      const stream = isOther ? defer(read) : read();
      const some = stream.pipe(
        records(),
        work((record) => record.text()),
        take(3),
      );
      const seen = watch(some.pipe(repeat({ count: 3 })));
      yield 2_000;
      expect(seen.values.join('')).toBe('abcdefghi');
      expect(offsetStore.saved).toEqual([18, 36, 54]);
    });
  });

  it('one that began at the end: what came meanwhile is not skipped', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'old');
      const offsetStore = new SlowStore(300);
      const stream = rig.client.consume('log', { name: 'reader', from: 'end', offsetStore });
      let hasFailed = false;
      const handler = (record: { text(): string }): string => {
        if (hasFailed) return record.text();
        hasFailed = true;
        throw new Error('not yet');
      };
      const seen = watch(stream.pipe(records(), work(handler, { onError: 'fail' }), retry({ delay: 50 })));
      yield 100;
      rig.append('log', 'x');
      yield 20;
      rig.append('log', 'y');
      yield 1_000;
      expect(seen.values).toEqual(['x', 'y']);
      seen.unsubscribe();
    });
  });

  it('a save that goes on and on is an error, and left when nobody waits', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = { load: () => of(undefined), save: () => NEVER, delete: () => of(0) };
      const stream = rig.client.consume('log', { name: 'reader', offsetStore });
      const some = stream.pipe(
        records(),
        work(() => 0),
        take(1),
      );
      expect(watch(some).ended).toBeUndefined();
      yield 100;
      const left = watch(some);
      yield 100;
      left.unsubscribe();
      const late = watch(some);
      yield 30_100;
      expect(late.error).toBeInstanceOf(OffsetStoreError);
      expect(late.error).toMatchObject({ retryable: true });
      expect(rig.wire.open).toBe(0);
    });
  });
});
