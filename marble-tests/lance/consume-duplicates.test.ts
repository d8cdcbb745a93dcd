import { map } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { fault } from '../../src/testing/faults/fault.js';
import { marbles } from '../../src/testing.js';

/** The topic's list, fetches with data, at the end and beyond, and the pause between polls. */
const MOMENTS = [0, 25, 41, 50, 61, 75, 90, 200, 333];

describe('consume: a reply that comes twice', () => {
  it.each(MOMENTS)('costs a connection at most (at %i ms)', (atMs) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const stream = rig.client.consume('log', { maxFetchBytes: 6 });
      const texts = stream.pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
      );
      const seen = watch(texts);
      yield atMs;
      rig.apply(fault.duplicate('received'));
      yield 3_000;
      rig.append('log', 'd');
      yield 3_000;
      expect(seen.error).toBeUndefined();
      expect(seen.values).toEqual(['a', 'b', 'c', 'd']);
      seen.unsubscribe();
    });
  });

  it('again and again, with data in between: it goes on', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const seen = watch(
        rig.client.consume('log', { from: 'beginning' }).pipe(
          autoAck(),
          records(),
          map((record) => record.text()),
        ),
      );
      rig.append('log', '0');
      const expected = ['0'];
      yield 500;
      for (let n = 1; n <= 8; n++) {
        rig.apply(fault.duplicate('received'));
        yield 2_000;
        rig.append('log', String(n));
        expected.push(String(n));
        yield 2_000;
      }
      expect(seen.error).toBeUndefined();
      expect(seen.values).toEqual(expected);
      seen.unsubscribe();
    });
  });
});
