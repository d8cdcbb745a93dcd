import { defer, delay, map, mergeMap, of, throwError, type Observable } from 'rxjs';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
import { marbles } from '../../src/testing.js';
import { Wire } from '../../tests/embedded/wire.js';
import { textsIn } from './records.js';
import { SlowStore } from './slow-store.js';

/** Has a position that is one of an earlier topic, until another one is saved. */
class StaleStore extends SlowStore {
  override load(): Observable<bigint | undefined> {
    const loaded = defer(() => (this.saves.length > 0 ? of(0n) : throwError(() => new StalePositionError('stale'))));
    return of(undefined).pipe(
      delay(300),
      mergeMap(() => loaded),
    );
  }
}

describe('positions of a reader that went on in another topic', () => {
  it.each([0, 30, 300])(
    'are saved one at a time, and none of them as one of the old topic (saves take %i ms)',
    (saveMs) => {
      marbles(function* ({ lance, watch }) {
        const rig = lance();
        rig.append('log', 'a');
        const offsetStore = new SlowStore(saveMs);
        const options = { name: 'reader', offsetStore, onTruncated: 'beginning', commitCount: 1 } as const;
        const seen = watch(rig.client.consume('log', options).pipe(autoAck(), map(textsIn)));
        yield 1_500;
        rig.append('log', 'b');
        yield 100;
        rig.stop();
        rig.start();
        new Wire(rig.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
        yield 50;
        rig.append('log', 'x', 'y', 'z');
        yield 3_000;
        seen.unsubscribe();
        yield 1_000;
        expect(seen.values.flat()).toEqual(['a', 'b', 'x', 'y', 'z']);
        const saved = offsetStore.saves.map(({ key, offset }) => [key.topicId, Number(offset)]);
        expect(saved.filter(([topicId]) => topicId === 1)).toEqual([
          [1, 6],
          [1, 12],
        ]);
        expect([saved.at(-1), offsetStore.mostRunning]).toEqual([[2, 18], 1]);
      });
    },
  );

  it('an answer of the store to a connection that is gone sends nobody to the beginning', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 1 });
      rig.append('log', 'x');
      const options = { name: 'reader', offsetStore: new StaleStore(), onTruncated: 'beginning' } as const;
      const stream = rig.client.consume('log', options);
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 50;
      rig.server.faults.dropConnections();
      yield 3_000;
      expect([seen.values, stream.metrics().truncations]).toEqual([[['x']], 1]);
      seen.unsubscribe();
    });
  });
});
