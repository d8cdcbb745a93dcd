import { map, of, timer } from 'rxjs';
import { ConnectionError, LanceTimeoutError } from '../../src/codecs/lance/errors.js';
import { TopicChangedError } from '../../src/observables/lance/connection/errors.js';
import { marbles } from '../../src/testing.js';
import { connected, consumerOf, polled } from './standalone.js';

describe('StandaloneConsumer: a connection that breaks', () => {
  it('in the middle of a poll: the poll goes on over another one, from the record that was not returned', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const consumer = yield* connected(watch(consumerOf(rig, { pollTimeoutMs: 5000 })));
      expectWire(rig.wire.only('Fetch')).toBe('100ms F 154ms F');
      const poll = watch(consumer.poll());
      yield 5;
      rig.server.faults.dropConnections();
      yield 1000;
      expect(polled(poll)).toEqual([['a', 'b']]);
    });
  });

  it('while the store is read: connecting errors, and hangs on nothing', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const slow = { load: () => timer(50).pipe(map(() => undefined)), save: () => of(0), delete: () => of(0) };
      const seen = watch(consumerOf(rig, { offsetStore: slow, startPosition: 'end' }));
      yield 60;
      rig.server.faults.dropConnections();
      yield 100;
      expect(seen.error).toBeInstanceOf(ConnectionError);
      expect(seen.endedAtMs).toBe(90);
    });
  });

  it('between polls: nothing happens until the next one', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      rig.stop();
      yield 100_000;
      expect(rig.wire.connectedAtMs).toHaveLength(1);
      rig.start();
      const poll = watch(consumer.poll());
      yield 100;
      expect(polled(poll)).toEqual([['a']]);
      expect(rig.wire.connectedAtMs).toHaveLength(2);
    });
  });

  it('while the server is away polls time out and say why; then they go on', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      rig.stop();
      const errors: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        const poll = watch(consumer.poll());
        yield 150;
        errors.push(poll.error);
      }
      for (const error of errors) expect(error).toBeInstanceOf(LanceTimeoutError);
      for (const error of errors.slice(1))
        expect(error).toMatchObject({ cause: expect.any(ConnectionError) as unknown });
      rig.start();
      yield 5000;
      const poll = watch(consumer.poll());
      yield 100;
      expect(polled(poll)).toEqual([['a']]);
      watch(consumer.close());
      yield 60_000;
    });
  });

  it('without reconnects the poll errors, and the next one tries once more', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const options = { reconnect: { maxAttempts: 0 }, pollTimeoutMs: 5000 };
      const consumer = yield* connected(watch(consumerOf(rig, options)));
      const broken = watch(consumer.poll());
      yield 5;
      rig.server.faults.dropConnections();
      yield 1000;
      expect(broken.error).toBeInstanceOf(ConnectionError);
      const next = watch(consumer.poll());
      yield 1000;
      expect(polled(next)).toEqual([['a']]);
    });
  });

  it('a full answer whose lag was never told is asked for again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const consumer = yield* connected(watch(consumerOf(rig, { maxFetchBytes: 6, pollTimeoutMs: 5000 })));
      const poll = watch(consumer.poll());
      yield 30;
      rig.server.faults.dropConnections();
      yield 1000;
      expect(polled(poll)).toEqual([['a']]);
      expect(poll.at(0)!.lag).toBe(6n);
      expect(consumer.position).toBe(6n);
    });
  });

  it('before anybody took what came: the record behind it is read from its beginning', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'aaaa', 'bbbb', 'c', 'dddd');
      const consumer = yield* connected(watch(consumerOf(rig, { maxFetchBytes: 14, pollTimeoutMs: 5 })));
      const late = watch(consumer.poll());
      yield 500;
      expect(late.error).toBeInstanceOf(LanceTimeoutError);
      rig.stop();
      // Where the other half of "bbbb" was, there is now one of something else.
      rig.server.faults.trimTopic('log', 9);
      rig.start();
      yield 100;
      const polls = [];
      for (let at = 0; at < 3; at++) {
        polls.push(watch(consumer.poll({ timeoutMs: 1000 })));
        yield 1000;
      }
      expect(polls.flatMap(polled)).toEqual([['aaaa'], ['c'], ['dddd']]);
    });
  });

  it('a topic that was made anew in the meantime is an error', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      yield 2000;
      watch(rig.client.deleteTopic('log'));
      yield 200;
      rig.append('log', 'b');
      const poll = watch(consumer.poll());
      yield 1000;
      expect(poll.error).toBeInstanceOf(TopicChangedError);
    });
  });
});
