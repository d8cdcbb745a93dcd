import { map } from 'rxjs';
import { ServerCatchingUpError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles } from '../../src/testing.js';
import { textsIn } from './records.js';

describe('consume: polling', () => {
  it('empty polls back off from 5 to 50 ms, and begin anew after data', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      // Each answer takes 20 ms; the pauses are 5, 10, 20, 40, 50, 50 ms. The data comes at 425 and is followed up at once.
      expectWire(rig.wire.only('Fetch', 'FetchResponse')).toBe(
        '40ms F 19ms f----F 19ms f 9ms F 19ms f 19ms F 19ms f 39ms F 19ms f 49ms F 19ms f 49ms F 19ms f 49ms F 19ms ' +
          '(dF) 16ms f----F 19ms f 9ms F 19ms f 19ms F 19ms f 39ms F',
        { f: { name: 'FetchResponse', bytes: 0 }, d: { name: 'FetchResponse', start: 0, next: 6 } },
      );
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 400;
      rig.append('log', 'a');
      yield 200;
      seen.unsubscribe();
      expect(seen.values).toEqual([['a']]);
    });
  });

  it('unsubscribing ends it: no timer, no connection is left', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms (tF) 16ms f----F 19ms f 9ms F 19ms f 19ms F 14ms X');
      const seen = watch(rig.client.consume('log'));
      yield 150;
      seen.unsubscribe();
      yield 60_000;
    });
  });
});

describe('consume: the server has less than was asked for', () => {
  it('waits 5 s, says so, and errors after 3 answers without progress', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms (tF) 16ms c 4999ms F 19ms c 4999ms F 19ms (cX)', {
        c: { name: 'CatchingUp', serverOffset: 6 },
      });
      const stream = rig.client.consume('log', { from: 1000n });
      const seen = watch(stream);
      yield 1000;
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['server'] }]);
      yield 20_000;
      expect(seen.error).toBeInstanceOf(ServerCatchingUpError);
      expect(seen.error).toMatchObject({ serverOffset: 6n, retryable: true, context: { requestedOffset: 1000 } });
      expect(seen.endedAtMs).toBe(10_100);
    });
  });

  it('progress counts: each further offset gives three more answers', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire.only('c', 'f')).toBe('60ms c 5019ms c 5019ms d 5019ms d 5019ms e 5019ms f', {
        c: { name: 'CatchingUp', serverOffset: 6 },
        d: { name: 'CatchingUp', serverOffset: 12 },
        e: { name: 'CatchingUp', serverOffset: 18 },
        f: { name: 'FetchResponse', start: 24, next: 30 },
      });
      const seen = watch(rig.client.consume('log', { from: 24n }).pipe(autoAck(), map(textsIn)));
      yield 8000;
      rig.append('log', 'b');
      yield 8000;
      rig.append('log', 'c');
      yield 8000;
      rig.append('log', 'd', 'e');
      yield 1170;
      expect(seen.values).toEqual([['e']]);
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('is over when data comes, and the count begins anew', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.catchUpOnNextFetches(2, 3);
      expectWire(rig.wire.only('CatchingUp')).toBe('60ms c 5019ms c 5134ms c 5019ms c');
      const stream = rig.client.consume('log');
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 10_200;
      expect(seen.values).toEqual([['a']]);
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'delivering', reasons: [] }]);
      rig.server.faults.catchUpOnNextFetches(2, 3);
      yield 11_000;
      rig.append('log', 'b');
      yield 100;
      expect(seen.values).toEqual([['a'], ['b']]);
      seen.unsubscribe();
    });
  });

  it('a node that does not know the topic yet is asked for its end again', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.catchUpOnNextFetches(2, 0);
      expectWire(rig.wire).toBe(
        'C 19ms (oL) 16ms (tF) 16ms (cX) 96ms C 19ms (oL) 16ms (tF) 16ms (cX) 196ms C 19ms (oL) 16ms (tF) 16ms (fF) 16ms (fX)',
      );
      const seen = watch(rig.client.consume('log', { until: 'end' }).pipe(autoAck(), map(textsIn)));
      yield 1000;
      expect(seen.values).toEqual([['a']]);
      expect(seen.ended).toBe('complete');
    });
  });
});
