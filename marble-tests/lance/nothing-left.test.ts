import { interval, map, take } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles, type Script, Watch } from '../../src/testing.js';
import { type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { currentRun } from '../../src/testing/run/marble-run.js';
import type { StandaloneOptions } from '../../src/observables/lance/standalone/standalone-options.js';
import { SlowStore } from './slow-store.js';
import { consumerOf } from './standalone.js';

/** How long virtual time goes on after the script has ended: until the last timer. */
function afterwards(script: (rig: LanceRig) => Script): number {
  let left = Number.NaN;
  marbles(function* ({ lance }) {
    const rig = lance({ client: { requestTimeoutMs: 30_000 } });
    rig.append('log', 'a', 'b', 'c');
    yield* script(rig);
    const run = currentRun();
    const endedAtMs = run.nowMs;
    run.onEnd(() => (left = run.nowMs - endedAtMs));
  });
  return left;
}

/** Closing a connection in memory takes its latency; nothing of the client may take longer. */
const AT_ONCE = 20;

describe('no timer is left behind by', () => {
  it.each([0, 15, 30, 50, 62, 90, 300])('a stream that is left after %i ms', (ms) => {
    const left = afterwards(function* ({ client }) {
      const seen = new Watch(client.consume('log', { name: 'n' }).pipe(autoAck()));
      yield ms;
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a stream that waits to connect again, or for a server that is behind', () => {
    const reconnecting = afterwards(function* (rig) {
      const seen = new Watch(rig.client.consume('log'));
      yield 100;
      rig.stop();
      yield 2000;
      seen.unsubscribe();
    });
    const behind = afterwards(function* ({ client }) {
      const seen = new Watch(client.consume('log', { from: 1000n }));
      yield 1000;
      seen.unsubscribe();
    });
    const beforeItsEnd = afterwards(function* ({ client }) {
      const seen = new Watch(client.consume('log', { from: 1000n, until: 'end' }));
      yield 1000;
      seen.unsubscribe();
    });
    expect([reconnecting, behind, beforeItsEnd]).toEqual([0, expect.any(Number), expect.any(Number)]);
    expect(Math.max(behind, beforeItsEnd)).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a stream with deliveries that wait to come again, positions to be stored, letters to be written', () => {
    const left = afterwards(function* (rig) {
      const store = new SlowStore();
      const stream = rig.client.consume('log', {
        name: 'n',
        offsetStore: store,
        maxFetchBytes: 6,
        deadLetters: () => interval(100_000).pipe(take(1)),
      });
      const deliveries = new Watch(stream);
      yield 200;
      deliveries.at(0).ack();
      deliveries.at(1).nack({ delayMs: 60_000 });
      deliveries.at(2).dead();
      yield 10;
      deliveries.unsubscribe();
      expect(store.saved).toEqual([6]);
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a stream that has ended', () => {
    const left = afterwards(function* ({ client }) {
      const seen = new Watch(client.consume('log', { name: 'n', until: 'end' }).pipe(autoAck()));
      yield 100;
      expect(seen.ended).toBe('complete');
    });
    expect(left).toBe(0);
  });

  it('a client that is closed', () => {
    const left = afterwards(function* ({ client }) {
      new Watch(client.listTopics());
      new Watch(client.consume('log', { deadLetters: { topic: 'dead' } }).pipe(map((delivery) => delivery.dead())));
      yield 500;
      const closed = new Watch(client.close());
      yield 0;
      expect(closed.ended).toBe('complete');
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it.each([5, 30, 70, 300])('a sink that is left after %i ms', (ms) => {
    const left = afterwards(function* ({ client }) {
      const source = interval(1).pipe(map((i) => String(i)));
      const seen = new Watch(client.sink<string>(1, { batching: 'linger', lingerMs: 50_000, batchSize: 100 })(source));
      yield ms;
      seen.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a producer that is closed while it lingers', () => {
    const left = afterwards(function* (rig) {
      const producer = rig.producer({ batching: 'linger', lingerMs: 50_000 });
      new Watch(producer.sendAsync('log', 'x'));
      const closed = new Watch(producer.close());
      yield 150;
      expect(closed.ended).toBe('complete');
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a producer whose topic could not be found in time', () => {
    const left = afterwards(function* (rig) {
      const producer = rig.producer({ deliveryTimeoutMs: 1000 });
      rig.server.faults.failNextCommands(100, 'Rate limit exceeded', Command.ListTopics);
      const sent = new Watch(producer.send('log', 'x'));
      yield 1100;
      expect(sent.ended).toBe('error');
      new Watch(producer.close());
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it.each<[string, Partial<StandaloneOptions>, (rig: LanceRig) => void]>([
    ['while it polls', {}, (rig) => rig.server.faults.delayNextReplies(1, 5_000)],
    ['while the server is behind', { startPosition: 1_000n }, () => {}],
    ['while it reconnects', {}, (rig) => rig.stop()],
  ])('a consumer that is closed %s', (_, options, trouble) => {
    const left = afterwards(function* (rig) {
      const connected = new Watch(consumerOf(rig, options));
      yield 100;
      trouble(rig);
      new Watch(connected.at(0).poll());
      yield 500;
      const closed = new Watch(connected.at(0).close());
      yield 50;
      expect(closed.ended).toBe('complete');
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it.each([0, 15, 25, 35, 45, 100])('a token that is on its way, or was accepted, after %i ms', (ms) => {
    const left = afterwards(function* (rig) {
      const client = rig.newClient({ token: 'any' });
      const seen = new Watch(client.consume('log').pipe(autoAck()));
      const asked = new Watch(client.listTopics());
      yield ms;
      seen.unsubscribe();
      asked.unsubscribe();
      new Watch(client.close());
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a connection that broke while the token was on its way', () => {
    const left = afterwards(function* (rig) {
      const asked = new Watch(rig.newClient({ token: 'any' }).listTopics());
      yield 25;
      rig.stop();
      yield 25;
      expect(asked.ended).toBe('error');
    });
    expect(left).toBe(0);
  });

  it.each([5, 500, 2_000])('topics$ and status$ that are left after %i ms, the server being away later', (ms) => {
    const left = afterwards(function* (rig) {
      const client = rig.newClient({ topicsIntervalMs: 1_000, commandConnections: { idleMs: 0 } });
      const seen = [new Watch<unknown>(client.topics$), new Watch<unknown>(client.status$)];
      yield 600;
      if (ms > 600) rig.stop();
      yield ms;
      for (const each of seen) each.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });

  it('a command that is left before its connection is open: after idleMs at the latest', () => {
    const left = afterwards(function* (rig) {
      rig.server.faults.swallowNextReplies(1);
      const client = rig.newClient({ token: 'any', commandConnections: { idleMs: 100 } });
      const asked = new Watch(client.listTopics());
      yield 150;
      asked.unsubscribe();
    });
    expect(left).toBeLessThanOrEqual(100 + AT_ONCE);
  });

  it('connections for commands that are closed while they are checked', () => {
    const left = afterwards(function* (rig) {
      const client = rig.newClient({ commandConnections: { idleMs: 60_000, checkAfterMs: 0 } });
      new Watch(client.ping());
      yield 100;
      const asked = new Watch(client.ping());
      yield 5;
      new Watch(client.close());
      expect(asked.ended).toBe('error');
    });
    expect(left).toBeLessThanOrEqual(AT_ONCE);
  });
});
