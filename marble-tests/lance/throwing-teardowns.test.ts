import { config, finalize, NEVER, type MonoTypeOperatorFunction } from 'rxjs';
import { marbles } from '../../src/testing.js';

/** What a user's `finalize` throws comes out of the call that tells it of the end. */
const throws = <T>(): MonoTypeOperatorFunction<T> =>
  finalize(() => {
    throw new Error('a teardown');
  });

const unhandled: unknown[] = [];

beforeEach(() => {
  unhandled.length = 0;
  config.onUnhandledError = (error) => unhandled.push(error);
});

afterEach(() => {
  config.onUnhandledError = null;
});

describe('a subscriber whose teardown throws keeps the end from no neighbour, and the error is reported', () => {
  it.each([
    ['acknowledged', 'log', 'complete'],
    ['refused', 'nowhere', 'error'],
  ])('in a batch that is %s, nor from those who flush', (_how, topic, end) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const producer = rig.producer();
      watch(producer.send(topic, 'a').pipe(throws()));
      const seen = [producer.send(topic, 'b'), producer.flush()].map((each) => watch<unknown>(each));
      yield 500;
      expect(seen.map(({ ended }) => ended)).toEqual([end, 'complete']);
      expect(producer.metrics()).toMatchObject({ bufferedRecords: 0, inFlight: 0 });
      expect(unhandled).toHaveLength(1);
      watch(producer.close());
    });
  });

  it('of a producer that is closed', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      rig.server.faults.swallowNextAcks(1);
      const producer = rig.producer({ maxPendingAcks: 1 });
      watch(producer.send('log', 'a').pipe(throws()));
      yield 100;
      const later = watch(producer.send('log', 'b'));
      const flushed = watch(producer.flush().pipe(throws()));
      const closed = watch(producer.close({ deadlineMs: 100 }));
      yield 200;
      expect([later.ended, flushed.ended, closed.ended]).toEqual(['error', 'complete', 'complete']);
      expect(rig.wire.open).toBe(0);
    });
  });

  it.each([
    ['an answer', false],
    ['the end of their connection', true],
  ])('of commands that share a connection: %s', (_which, breaks) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { commandConnections: { max: 1 } } });
      const first = watch(rig.client.ping().pipe(throws()));
      const second = watch(rig.client.listTopics());
      yield 25;
      if (breaks) rig.server.faults.dropConnections();
      yield 500;
      const end = breaks ? 'error' : 'complete';
      expect([first.ended, second.ended]).toEqual([end, end]);
      expect(rig.client.metrics().connections.lost).toBe(breaks ? 1 : 0);
      expect(unhandled).toHaveLength(1);
      watch(rig.client.close());
    });
  });

  it('of the sinks of a client that is closed', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const sink = rig.client.sink<string>('log');
      watch(sink(NEVER).pipe(throws()));
      const other = watch(sink(NEVER));
      yield 100;
      const closed = watch(rig.client.close());
      yield 1_000;
      expect([other.ended, closed.ended]).toEqual(['error', 'complete']);
    });
  });

  it('of those who wait for a drain, and of observers', () => {
    const told: string[] = [];
    const tells = (name: string) => ({ complete: () => told.push(name) });
    const draining = (): void =>
      marbles(function* ({ lance, watch }) {
        const rig = lance();
        rig.append('log', 'a');
        const stream = rig.client.consume('log');
        const seen = watch(stream);
        stream.observe().pipe(throws()).subscribe(tells('first observer'));
        stream.observe().subscribe(tells('second observer'));
        yield 100;
        stream.drain().pipe(throws()).subscribe(tells('first'));
        stream.drain().subscribe(tells('second'));
        seen.at(0).ack();
        yield 100;
      });
    expect(draining).toThrow('a teardown');
    expect(told).toEqual(['first', 'second', 'first observer', 'second observer']);
  });
});
