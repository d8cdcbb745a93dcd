import { map, mergeMap, retry, tap, timer } from 'rxjs';
import { ConnectionError } from '../../src/codecs/lance/errors.js';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { StreamInUseError } from '../../src/observables/delivery/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import { marbles } from '../../src/testing.js';
import { textsIn } from './records.js';
import { SlowStore } from './slow-store.js';

const NOTHING = { delivered: 0, acked: 0, nacked: 0, dead: 0, abandoned: 0, late: 0 };

describe('drain', () => {
  it('in the middle of a fetch: what it brings is given back, what is in flight finishes', () => {
    marbles(function* ({ expectFate, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const store = new SlowStore();
      const stream = rig.client.consume('log', { name: 'n', offsetStore: store, maxFetchBytes: 6 });
      expectWire(rig.wire.only('F', 'f', 'X')).toBe('40ms F 19ms (fF)-X');
      expectFate(stream).toBe('  1065ms (a|)');
      const deliveries = watch(stream);
      yield 65;
      const report = watch(stream.drain());
      yield 1000;
      expect(deliveries.values).toHaveLength(1);
      expect([deliveries.ended, report.ended]).toEqual([undefined, undefined]);
      deliveries.at(0).ack();
      yield 10;
      expect(deliveries.ended).toBe('complete');
      expect(report.values).toEqual([{ ...NOTHING, delivered: 1, acked: 1 }]);
      expect(store.saved).toEqual([6]);
      const later = watch(stream);
      yield 1;
      expect(later.ended).toBe('complete');
    });
  });

  it('at the deadline what is left is abandoned', () => {
    marbles(function* ({ expectFate, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const stream = rig.client.consume('log', { maxFetchBytes: 6 });
      expectFate(stream).toBe('300ms a 399ms (x|)');
      const deliveries = watch(stream);
      yield 200;
      const aborted: number[] = [];
      deliveries.at(1).signal.addEventListener('abort', () => aborted.push(clock.now()));
      const report = watch(stream.drain({ deadlineMs: 500 }));
      yield 100;
      deliveries.at(0).ack();
      yield 1000;
      expect(report.values).toEqual([{ ...NOTHING, delivered: 2, acked: 1, abandoned: 1 }]);
      expect([report.endedAtMs, aborted]).toEqual([700, [700]]);
      expect(deliveries.at(1).ack()).toBe('stale');
    });
  });

  it.each([
    ['while it connects', 5, 0, 'C----X'],
    ['while it looks for the topic', 25, 0, 'C 19ms (oL)-X'],
    ['while it fetches for the first time', 45, 0, 'C 19ms (oL) 16ms (tF)-X'],
    ['while it polls', 115, 1, 'C 19ms (oL) 16ms (tF) 16ms (fF) 16ms f----F 19ms f 9ms X'],
  ])('%s', (_, atMs, delivered, drawn) => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire).toBe(drawn);
      const stream = rig.client.consume('log');
      const seen = watch(stream.pipe(autoAck()));
      yield atMs;
      const report = watch(stream.drain());
      yield 1;
      expect(seen.ended).toBe('complete');
      expect(report.values).toEqual([{ ...NOTHING, delivered, acked: delivered }]);
    });
  });

  it('a server that goes away meanwhile is nobody’s loss: what is in flight still has its time', () => {
    marbles(function* ({ expectFate, expectWire, lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'a');
      const stream = rig.client.consume('log');
      expectWire(rig.wire.only('C', 'x', 'X')).toBe('C 99ms X');
      expectFate(stream).toBe('650ms (a|)');
      const deliveries = watch(stream);
      yield 100;
      const report = watch(stream.drain());
      yield 50;
      rig.stop();
      yield 500;
      expect(deliveries.ended).toBeUndefined();
      expect(deliveries.at(0).ack()).toBe('settled');
      yield 1;
      expect(report.values).toEqual([{ ...NOTHING, delivered: 1, acked: 1 }]);
    });
  });

  it('while it waits to connect again: no further attempt is made', () => {
    marbles(function* ({ expectFate, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log');
      expectWire(rig.wire.only('C', 'x')).toBe('C 109ms x 99ms C 19ms x 199ms C 19ms x');
      expectFate(stream).toBe('5600ms (x|)');
      const deliveries = watch(stream);
      yield 100;
      rig.stop();
      yield 500;
      const report = watch(stream.drain({ deadlineMs: 5000 }));
      const status = watch(stream.status$);
      yield 10_000;
      expect(status.values[0]).toMatchObject({ state: 'draining', reasons: [] });
      expect(report.values).toEqual([{ ...NOTHING, delivered: 1, abandoned: 1 }]);
      expect(deliveries.ended).toBe('complete');
    });
  });
});

describe('a bounded read', () => {
  it('needs no server any more once its end has been fetched', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'a', 'b');
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms (tF) 16ms (fF) 16ms (fF) 16ms (fX)');
      const seen = watch(
        rig.client.consume('log', { until: 'end', maxFetchBytes: 6 }).pipe(
          mergeMap((delivery) =>
            timer(1000).pipe(
              tap(() => delivery.ack()),
              map(() => delivery.value.text(0)),
            ),
          ),
        ),
      );
      yield 200;
      rig.stop();
      yield 2000;
      expect(seen.error).toBeUndefined();
      expect(seen.values).toEqual(['a', 'b']);
      expect(seen.ended).toBe('complete');
    });
  });
});

describe('one session at a time', () => {
  it('a second subscriber is refused, and the first one undisturbed', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { until: 'end' });
      const first = watch(stream.pipe(autoAck(), map(textsIn)));
      const second = watch(stream);
      expect(second.error).toBeInstanceOf(StreamInUseError);
      yield 200;
      expect(first.values).toEqual([['a']]);
      expect(first.ended).toBe('complete');
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });
});

describe('client.close', () => {
  it('drains every stream, and reports the fates of all there ever were', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      for (const topic of ['one', 'two', 'three']) rig.append(topic, 'a', 'b', 'c');
      const over = watch(rig.client.consume('one', { until: 'end', maxFetchBytes: 6 }).pipe(autoAck()));
      yield 500;
      expect(over.ended).toBe('complete');
      const two = watch(rig.client.consume('two', { maxFetchBytes: 6 }));
      const three = watch(rig.client.consume('three', { maxFetchBytes: 6 }));
      watch(rig.client.ping());
      yield 500;
      for (const delivery of two.values) delivery.ack();
      three.at(0).ack();
      const closed = watch(rig.client.close({ deadlineMs: 1000 }));
      yield 100;
      expect([two.ended, three.ended, closed.ended]).toEqual(['complete', undefined, undefined]);
      yield 1000;
      expect(three.ended).toBe('complete');
      expect(closed.values).toEqual([{ ...NOTHING, delivered: 9, acked: 7, abandoned: 2 }]);
      expect(rig.wire.open).toBe(0);
    });
  });

  it('with nothing open: completes at once', () => {
    marbles(({ expectObservable, lance }) => {
      const { client } = lance();
      expectObservable(client.close()).toBe('(n|)', { n: NOTHING });
      expect(() => client.close({ deadlineMs: -1 })).toThrow(InvalidOptionError);
    });
  });

  it('is for good: a stream in the pause of its retry does not come back', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { name: 'n' });
      expectWire(rig.wire.only('C', 'x', 'X')).toBe('C 109ms x');
      const seen = watch(stream.pipe(retry({ delay: 1000 }), autoAck()));
      yield 100;
      rig.stop();
      yield 200;
      rig.start();
      const closed = watch(rig.client.close());
      yield 10;
      expect(closed.ended).toBe('complete');
      yield 5000;
      expect(seen.ended).toBe('complete');
    });
  });

  it('streams that are subscribed to afterwards error, and retryBackoff() does not try again', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const early = rig.client.consume('log');
      const ended = rig.client.consume('log', { until: 'end' });
      const open = rig.client.tail('log');
      const first = [watch(ended.pipe(autoAck())), watch(open)];
      yield 200;
      watch(rig.client.close());
      expectWire(rig.wire.only('C')).toBe('(CC)');
      yield 10;
      expect(first.map((each) => each.ended)).toEqual(['complete', 'complete']);
      const never = [early, ended, rig.client.consume('log', { name: 'n' }), rig.client.tail('log')].map((stream) => [
        watch(stream.pipe(retryBackoff())),
      ]);
      const figures = watch(early.lag$);
      const positions = watch(early.position$);
      // It was drained for good.
      const drained = watch(open);
      yield 60_000;
      for (const seen of [...never.flat(), figures, positions]) {
        expect(seen.error).toBeInstanceOf(ConnectionError);
        expect(seen.error).toMatchObject({ message: 'the client is closed', retryable: false });
      }
      expect(drained.ended).toBe('complete');
    });
  });

  it('a stream that begins anew while its last position is still being stored counts once, and is drained', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const store = new SlowStore(400);
      const stream = rig.client.consume('log', { name: 'n', offsetStore: store, maxFetchBytes: 6 });
      const first = watch(stream);
      yield 200;
      first.at(0).ack();
      first.unsubscribe();
      const second = watch(stream);
      yield 500;
      second.at(0).ack();
      yield 1000;
      expect(store.running).toBe(0);
      const closed = watch(rig.client.close({ deadlineMs: 100 }));
      yield 1000;
      expect(second.ended).toBe('complete');
      expect(closed.values).toEqual([{ ...stream.fate() }]);
      expect(closed.values).toMatchObject([{ delivered: 5, acked: 2, abandoned: 3 }]);
    });
  });
});
