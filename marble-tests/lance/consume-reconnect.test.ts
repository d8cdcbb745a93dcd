import { map } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, InvalidFrameError, RateLimitedError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { MemoryOffsetStore } from '../../src/observables/lance/memory-offset-store.js';
import { virtually } from '../../tests/embedded/script.js';
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

  it('attempts count in a row: a fetch that was answered ends the row', () => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { jitter: 'none', maxAttempts: 1 } });
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      for (let i = 0; i < 5; i++) {
        yield 500;
        scene.server.faults.dropConnections();
      }
      yield 500;
      expect(seen.ended).toBeUndefined();
      expect(scene.wire.connectedAtMs).toHaveLength(6);
      seen.unsubscribe();
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
      expect(new Watch(store.load({ consumer: 'n', topicId: 1, topicName: 'log' })).values).toEqual([40n]);
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
      expect(scene.wire.connectedAtMs).toHaveLength(4);
      expect(scene.wire.open).toBe(1);
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
