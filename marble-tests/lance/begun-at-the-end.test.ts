import { map } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles } from '../../src/testing.js';
import { textsIn } from './records.js';
import { SlowStore } from './slow-store.js';
import { connected, consumerOf, polled } from './standalone.js';

describe('a reader with a name that began at the end, and was left before anything came', () => {
  it.each([50, 6_000])('goes on there next time: what came in between is not lost (left after %i ms)', (ms) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'old');
      const store = new SlowStore();
      const read = (): ReturnType<typeof watch<string[]>> => {
        const options = { name: 'reader', from: 'end', offsetStore: store } as const;
        return watch(rig.client.consume('log', options).pipe(autoAck(), map(textsIn)));
      };
      const first = read();
      yield 100 + ms;
      first.unsubscribe();
      yield 100;
      expect(store.saved).toEqual([8]);
      rig.append('log', 'between');
      const second = read();
      yield 500;
      expect(second.values).toEqual([['between']]);
      second.unsubscribe();
    });
  });

  it('a consumer that is asked, too', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'old');
      const offsetStore = new SlowStore();
      const options = { startPosition: 'end', offsetStore, pollTimeoutMs: 100 } as const;
      const first = yield* connected(watch(consumerOf(rig, options)));
      watch(first.close());
      yield 100;
      rig.append('log', 'between');
      const second = yield* connected(watch(consumerOf(rig, options)));
      const poll = watch(second.poll());
      yield 200;
      expect(polled(poll)).toEqual([['between']]);
      watch(second.close());
    });
  });
});
