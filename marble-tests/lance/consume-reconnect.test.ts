import { map, mergeMap, retry, tap, timer } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, InvalidFrameError, RateLimitedError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { TopicChangedError } from '../../src/observables/lance/errors.js';
import { MemoryOffsetStore } from '../../src/observables/lance/memory-offset-store.js';
import { virtually } from '../../tests/embedded/script.js';
import { Wire } from '../../tests/embedded/wire.js';
import { Deliveries, Scene, textsIn, Watch } from './scene.js';

/** Records of 20 bytes each, headers included. */
const twenties = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i).padStart(15, '0'));

describe('consume: a broken connection', () => {
  it('is opened again after pauses that grow, and the stream says so', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const stream = scene.client.consume('log');
      const seen = new Watch(stream.pipe(autoAck(), map(textsIn)));
      const status = new Watch(stream.status$);
      yield 100;
      scene.stop();
      yield 2000;
      scene.append('log', 'b');
      scene.start();
      yield 2000;
      // Broken at 110; being refused takes a round trip of 20 ms; the pauses are 100, 200, 400, 800, 1600 ms.
      expect(scene.wire.connectedAtMs).toEqual([0, 210, 430, 850, 1670, 3290]);
      expect(seen.values).toEqual([['a'], ['b']]);
      expect(status.values.map(({ state, reasons }) => [state, ...reasons])).toEqual([
        ['delivering'],
        ['paused', 'reconnecting'],
        ['delivering'],
      ]);
      expect(status.values[1]?.detail).toContain('ECONNRESET');
      seen.unsubscribe();
    });
  });

  it('the pauses begin anew once the server has answered a fetch', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      yield 100;
      scene.stop();
      yield 600;
      scene.start();
      yield 400;
      const before = scene.wire.connectedAtMs.length;
      const brokenAtMs = 1100;
      scene.stop();
      yield 500;
      expect(scene.wire.connectedAtMs.slice(before)).toEqual([brokenAtMs + 10 + 100, brokenAtMs + 10 + 100 + 20 + 200]);
      seen.unsubscribe();
    });
  });

  it('a server that takes connections and drops them gets growing pauses too', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.refuseNextConnections(4);
      const seen = new Watch(scene.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 3000;
      const pauses = scene.wire.connectedAtMs.slice(1).map((at, i) => at - scene.wire.connectedAtMs[i]!);
      expect(pauses).toEqual([120, 220, 420, 820]);
      expect(seen.values).toEqual([['a']]);
      seen.unsubscribe();
    });
  });

  it.each([0, 1, 2])('maxAttempts: %i attempts in a row, each counted once', (maxAttempts) => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { jitter: 'none', maxAttempts } });
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      yield 100;
      expect(seen.values).toHaveLength(1);
      scene.stop();
      yield 60_000;
      expect(scene.wire.connectedAtMs).toHaveLength(1 + maxAttempts);
      expect(seen.error).toBeInstanceOf(ConnectionError);
      expect(seen.error).toMatchObject({ retryable: true });
    });
  });

  it('a connection that breaks with a fetch and a prefetch under way is one failure', () => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { jitter: 'none', maxAttempts: 1 } });
      scene.append('log', ...twenties(0, 10));
      const seen = new Watch(scene.client.consume('log', { maxFetchBytes: 20 }).pipe(autoAck(), map(textsIn)));
      yield 65;
      scene.server.faults.dropConnections();
      yield 500;
      expect(seen.values.flat()).toEqual(twenties(0, 10));
      expect(scene.wire.connectedAtMs).toHaveLength(2);
      seen.unsubscribe();
    });
  });

  it('what was delivered stays valid: it is settled later, and not delivered again', () => {
    virtually(function* () {
      const scene = new Scene();
      const store = new MemoryOffsetStore();
      scene.append('log', ...twenties(0, 4));
      const stream = scene.client.consume('log', { name: 'n', offsetStore: store, maxFetchBytes: 20, commitCount: 1 });
      const deliveries = new Deliveries(stream);
      yield 200;
      scene.server.faults.dropConnections();
      yield 50;
      expect(deliveries.at(1).ack()).toBe('settled');
      expect(deliveries.at(0).ack()).toBe('settled');
      yield 500;
      expect(new Watch(store.load({ consumer: 'n', topicId: 1, topicName: 'log' }) as never).values).toEqual([40n]);
      expect(deliveries.values.map(({ value }) => value.text(0))).toEqual(twenties(0, 4));
      deliveries.unsubscribe();
    });
  });

  it('a carried beginning of a record is fetched again', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', ...twenties(0, 20));
      const seen = new Watch(scene.client.consume('log', { maxFetchBytes: 33 }).pipe(autoAck(), map(textsIn)));
      for (let i = 0; i < 8; i++) {
        yield 47;
        scene.server.faults.dropConnections();
      }
      yield 20_000;
      expect(seen.values.flat()).toEqual(twenties(0, 20));
      seen.unsubscribe();
    });
  });

  it.each([
    ['Rate limit exceeded'],
    ['FORWARD_FAILED: Leader address unknown'],
    ['NOT_LEADER: leader unknown'],
    ['I/O error: Interrupted system call (os error 4)'],
  ])('"%s" passes: tried again', (text) => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.failNextCommands(1, text, Command.ListTopics);
      scene.server.faults.failNextCommands(2, text, Command.Fetch);
      const seen = new Watch(scene.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 3000;
      expect(seen.values).toEqual([['a']]);
      seen.unsubscribe();
    });
  });

  it('other words of the server end the stream', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.failNextCommands(1, 'Out of cheese', Command.Fetch);
      const seen = new Watch(scene.client.consume('log'));
      yield 1000;
      expect(seen.error).toMatchObject({ code: 'LANCE_SERVER', message: 'Out of cheese', retryable: false });
      expect(scene.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('the text of an error may be longer than what was asked for', () => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { maxAttempts: 0 } });
      scene.append('log', 'a');
      scene.server.faults.failNextCommands(1, 'Rate limit exceeded', Command.Fetch);
      const seen = new Watch(scene.client.consume('log', { maxFetchBytes: 1 }));
      yield 1000;
      expect(seen.error).toBeInstanceOf(RateLimitedError);
    });
  });

  it('a fetch that is never answered poisons the connection', () => {
    virtually(function* () {
      const scene = new Scene({}, { requestTimeoutMs: 500 });
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 70;
      scene.server.faults.swallowNextReplies(1);
      yield 10;
      scene.append('log', 'b');
      yield 1500;
      expect(seen.values).toEqual([['a'], ['b']]);
      expect(scene.wire.connectedAtMs).toHaveLength(2);
      seen.unsubscribe();
    });
  });
});

describe('consume: corrupt frames', () => {
  it('one or two in a row: a new connection each', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', ...twenties(0, 3));
      const seen = new Watch(scene.client.consume('log', { maxFetchBytes: 25 }).pipe(autoAck(), map(textsIn)));
      for (const count of [2, 1, 2]) {
        yield 200;
        scene.server.faults.corruptNextReplies(count);
        yield 2000;
        expect(seen.ended).toBeUndefined();
      }
      scene.append('log', ...twenties(3, 5));
      yield 1000;
      expect(seen.values.flat()).toEqual(twenties(0, 5));
      seen.unsubscribe();
    });
  });

  it('three in a row end the stream', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.corruptNextReplies(3);
      const seen = new Watch(scene.client.consume('log'));
      yield 60_000;
      expect(seen.error).toBeInstanceOf(InvalidFrameError);
      expect(scene.wire.connectedAtMs).toHaveLength(3);
    });
  });
});

describe('consume: the topic is not the one it was', () => {
  function recreate(scene: Scene): void {
    scene.server.stop().subscribe();
    scene.server.start().subscribe();
    const wire = new Wire(scene.server.connector());
    wire.send(deleteTopicRequest(1), createTopicRequest('log'));
  }

  it('deleted and made anew while the connection was gone: TopicChangedError', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      yield 1500;
      recreate(scene);
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
      expect(seen.error).toMatchObject({ retryable: false, context: { name: 'log', id: 2 } });
    });
  });

  it('… with the same id', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume(1));
      yield 1500;
      const wire = new Wire(scene.server.connector());
      wire.send(deleteTopicRequest(1));
      // No poll sees the gap: the reply to the next one is late, and the connection breaks.
      scene.server.faults.delayNextReplies(1, 1000);
      yield 21;
      scene.stop();
      scene.start();
      scene.append('log', 'b');
      expect(scene.server.topic('log')?.id).toBe(1);
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
    });
  });

  it('… with another id, on the same connection', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log', { maxFetchBytes: 6 }));
      yield 1500;
      new Wire(scene.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
      expect(scene.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it.each(['log', 1])('deleted: TopicNotFoundError (%s)', (topic) => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume(topic));
      yield 1500;
      new Wire(scene.server.connector()).send(deleteTopicRequest(1));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('deleted while the connection was gone: TopicNotFoundError', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      yield 1500;
      scene.server.stop().subscribe();
      scene.server.start().subscribe();
      new Wire(scene.server.connector()).send(deleteTopicRequest(1));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('a server that contradicts itself is asked again, after pauses', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.failNextCommands(2, 'Topic 1 not found', Command.Fetch);
      const seen = new Watch(scene.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 1000;
      expect(seen.values).toEqual([['a']]);
      expect(scene.wire.connectedAtMs).toHaveLength(3);
      seen.unsubscribe();
    });
  });
});

describe('stop and start of the server in the middle of a consume', () => {
  it.each([1, 2, 3, 4, 5])('every record once while the stream lives; watermark and sums right (seed %i)', (seed) => {
    const realMs = performance.now();
    virtually(function* () {
      const random = randomFrom(seed);
      const scene = new Scene({ latencyMs: 1 + Math.floor(random() * 5) });
      const store = new MemoryOffsetStore();
      const count = 400;
      const texts = twenties(0, count);
      const end = scene.append('log', ...texts.slice(0, 250));
      const seenTexts: string[] = [];
      const stream = scene.client.consume('log', {
        name: 'reader',
        to: BigInt(end + 150 * 20),
        offsetStore: store,
        maxFetchBytes: 37 + Math.floor(random() * 200),
        window: { deliveries: 1 + Math.floor(random() * 6) },
        commitCount: 7,
        commitIntervalMs: 50,
      });
      const seen = new Watch(
        stream.pipe(
          mergeMap((delivery) =>
            timer(Math.floor(random() * 20)).pipe(
              tap(() => {
                if (random() < 0.2) return delivery.nack({ delayMs: random() * 30 });
                seenTexts.push(...textsIn(delivery.value));
                return delivery.ack();
              }),
            ),
          ),
        ),
      );
      for (let i = 0; i < 12; i++) {
        yield Math.floor(random() * 60);
        scene.stop();
        yield Math.floor(random() * 300);
        scene.start();
        if (i === 5) scene.append('log', ...texts.slice(250));
      }
      yield 120_000;
      expect(seen.ended).toBe('complete');
      expect(seenTexts.toSorted()).toEqual(texts);
      const { delivered, acked, nacked, dead, abandoned } = stream.fate();
      expect(acked + nacked).toBe(delivered);
      expect(nacked).toBeGreaterThan(0);
      expect([dead, abandoned]).toEqual([0, 0]);
      const stored = new Watch(store.load({ consumer: 'reader', topicId: 1, topicName: 'log' }) as never);
      expect(stored.values).toEqual([BigInt(count * 20)]);
      expect(scene.wire.open).toBe(0);
    });
    expect(performance.now() - realMs).toBeLessThan(2000);
  });

  it.each([1, 2, 3])('every record at least once over several sessions (seed %i)', (seed) => {
    virtually(function* () {
      const random = randomFrom(seed);
      const scene = new Scene({ latencyMs: 2 }, { reconnect: { jitter: 'none', maxAttempts: 1 } });
      const texts = twenties(0, 300);
      const end = scene.append('log', ...texts);
      const store = new MemoryOffsetStore();
      const stream = scene.client.consume('log', {
        name: 'reader',
        to: BigInt(end),
        offsetStore: store,
        maxFetchBytes: 90,
        commitCount: 3,
      });
      const times = new Map<string, number>();
      const seen = new Watch(
        stream.pipe(
          mergeMap((delivery) =>
            timer(Math.floor(random() * 30)).pipe(
              tap(() => {
                if (delivery.ack() !== 'settled') return;
                for (const text of textsIn(delivery.value)) times.set(text, (times.get(text) ?? 0) + 1);
              }),
            ),
          ),
          retry({ delay: 40 }),
        ),
      );
      for (let i = 0; i < 8; i++) {
        yield Math.floor(random() * 200);
        scene.stop();
        yield Math.floor(random() * 500);
        scene.start();
      }
      yield 60_000;
      expect(seen.ended).toBe('complete');
      expect([...times.keys()].toSorted()).toEqual(texts);
      const { delivered, acked, abandoned } = stream.fate();
      expect(acked + abandoned).toBe(delivered);
      expect(new Watch(store.load({ consumer: 'reader', topicId: 1, topicName: 'log' }) as never).values).toEqual([BigInt(end)]);
    });
  });
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}
