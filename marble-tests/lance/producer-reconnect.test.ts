import { defer, from, mergeMap, of, retry, tap } from 'rxjs';
import { ConnectionError, LanceTimeoutError } from '../../src/codecs/lance/errors.js';
import { Command } from '../../src/codecs/lance/commands.js';
import { ackFrame } from '../../src/codecs/lance/frames.js';
import { deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { Producer } from '../../src/observables/lance/producer.js';
import type { ServerEnd } from '../../src/transports/server-end.js';
import { until, virtually } from '../../tests/embedded/script.js';
import { Wire } from '../../tests/embedded/wire.js';
import { commandIn, oneTopic, Peer } from './peer.js';
import { connected, dataIn, storedIn } from './producing.js';
import { EXACT, Scene, Watch } from './scene.js';

describe('a broken connection', () => {
  it('everything unacknowledged is sent again, in order', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      const sends = 'abcdef'.split('').map((text) => new Watch(producer.send('log', text)));
      yield 12;
      scene.stop();
      yield 1000;
      expect(sends.map(({ ended }) => ended)).toEqual(Array(6).fill(undefined));
      for (const text of 'gh') new Watch(producer.send('log', text));
      scene.start();
      yield 3000;
      expect(sends.map(({ ended }) => ended)).toEqual(Array(6).fill('complete'));
      expect(dataIn(scene)).toMatch(/^!(ab?)?abcdefgh$/);
    });
  });

  it.each(['dropBeforeNextAcks', 'dropAfterNextAcks'] as const)('%s: at least once, in order', (fault) => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      scene.server.faults[fault](2);
      const sends = 'abcdefgh'.split('').map((text) => new Watch(producer.send('log', text)));
      yield 3000;
      expect(sends.every(({ ended }) => ended === 'complete')).toBe(true);
      const data = dataIn(scene);
      expect([...new Set(data)].join('')).toBe('!abcdefgh');
      expect(data.endsWith('cdefgh')).toBe(true);
    });
  });

  it('a topic that has another id afterwards: the records go to the topic, not to the number', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      const send = new Watch(producer.send('log', 'a'));
      yield 5;
      scene.stop();
      // As after a restart: the id of the deleted newest topic is given to the next one.
      scene.start();
      new Wire(scene.server.connector()).send(deleteTopicRequest(1));
      yield 45;
      scene.stop();
      scene.server.createTopic('stranger');
      scene.server.createTopic('log');
      scene.start();
      yield 1000;
      expect(scene.server.topic('stranger')?.id).toBe(1);
      expect(send.ended).toBe('complete');
      expect(dataIn(scene)).toBe('a');
      expect(dataIn(scene, 'stranger')).toBe('');
    });
  });

  it('acks that never come: the connection is given up after requestTimeoutMs, the record sent again', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ requestTimeoutMs: 500 });
      // The time of a batch begins when it is sent, whenever the one before was.
      yield 300;
      scene.server.faults.swallowNextAcks(1);
      const send = new Watch(producer.send('log', 'a'));
      yield 499;
      expect(scene.wire.ingests).toHaveLength(1);
      yield 500;
      expect(send.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!aa');
    });
  });

  it('as long as acks come the connection is good, however long the line', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ requestTimeoutMs: 60 });
      const before = scene.wire.connectedAtMs.length;
      for (let i = 0; i < 400; i++) {
        new Watch(producer.sendBatch(1, ['x']));
        yield 3;
      }
      expect(producer.bufferedBytes).toBeGreaterThan(100);
      yield 10_000;
      expect(producer.bufferedBytes).toBe(0);
      expect(scene.wire.connectedAtMs).toHaveLength(before);
    });
  });

  it('no ack within deliveryTimeoutMs: the error says why, and nothing is tried for ever', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.stop();
      const producer = scene.producer({ deliveryTimeoutMs: 3000 });
      const sends = [new Watch(producer.send('log', 'a')), new Watch(producer.send(1, 'b'))];
      yield 1000;
      const later = new Watch(producer.send('log', 'c'));
      yield 2050;
      for (const send of sends) {
        expect(send.error).toBeInstanceOf(LanceTimeoutError);
        expect((send.error as Error).message).toMatch(/3000 ms.*ECONNREFUSED/);
        expect(send.endedAtMs).toBe(3000);
      }
      // Records of one batch share its time.
      expect(later.endedAtMs).toBe(3000);
      const attempts = scene.wire.connectedAtMs.length;
      yield 1_000_000;
      expect(scene.wire.connectedAtMs).toHaveLength(attempts);
    });
  });

  it('later records have their own delivery timeout', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ deliveryTimeoutMs: 3000, maxPendingAcks: 1 });
      scene.server.faults.swallowNextAcks(1000);
      const first = new Watch(
        producer.send('log', 'a').pipe(tap({ error: () => new Watch(producer.send('log', 'c')) })),
      );
      yield 1000;
      const second = new Watch(producer.send('log', 'b'));
      yield 10_000;
      expect(second.endedAtMs - first.endedAtMs).toBe(1000);
    });
  });

  it.each([0, 2])('maxAttempts %i in a row, then everything is rejected; the next record tries anew', (maxAttempts) => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ reconnect: { jitter: 'none', maxAttempts } });
      const before = scene.wire.connectedAtMs.length;
      const sends = 'abc'.split('').map((text) => new Watch(producer.send('log', text)));
      yield 1;
      scene.stop();
      yield 5000;
      for (const { error } of sends) expect(error).toBeInstanceOf(ConnectionError);
      expect(scene.wire.connectedAtMs).toHaveLength(before + maxAttempts);
      scene.start();
      const next = new Watch(producer.send('log', 'd'));
      yield 500;
      expect(next.ended).toBe('complete');
    });
  });

  it('a producer with nothing to send does not look for its server', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      yield 3000;
      const attempts = scene.wire.connectedAtMs.length;
      scene.stop();
      yield 1_000_000;
      expect(scene.wire.connectedAtMs).toHaveLength(attempts);
      scene.start();
      const send = new Watch(producer.send('log', 'a'));
      yield 500;
      expect(send.ended).toBe('complete');
    });
  });

  it('a connection that breaks while it is idle is no failure', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ reconnect: { jitter: 'none', maxAttempts: 1 } });
      scene.server.faults.dropConnections();
      yield 500;
      scene.server.faults.dropBeforeNextAcks(1);
      const send = new Watch(producer.send('log', 'a'));
      yield 1000;
      expect(send.ended).toBe('complete');
    });
  });

  it('the pauses begin anew once a batch was acknowledged', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      for (let round = 0; round < 3; round++) {
        const before = scene.wire.connectedAtMs.length;
        scene.server.faults.dropBeforeNextAcks(2);
        const send = new Watch(producer.send(1, 'a'));
        yield 2000;
        expect(send.ended).toBe('complete');
        const [first, second] = scene.wire.connectedAtMs.slice(before);
        // 100 and 200 ms, and the 45 ms until the connection is there and broken again.
        expect(second! - first!).toBe(245);
      }
    });
  });

  it('an id that was asked for before the connection broke is not trusted afterwards', () => {
    virtually(function* () {
      const asked: ServerEnd[] = [];
      const peer = new Peer((heard) => {
        if (commandIn(heard) === Command.ListTopics) asked.push(heard.end);
        if (heard.header.kind === 'ingest') heard.end.write(ackFrame(heard.header.batchIdLow));
      });
      const producer = new Producer({ connector: peer.connector });
      new Watch(producer.connect());
      yield 100;
      const send = new Watch(producer.send('log', 'a'));
      yield 50;
      expect(asked).toHaveLength(1);
      // The second connection is the one for records.
      peer.ends[1]!.destroy();
      yield 50;
      asked[0]!.write(oneTopic('log', 1));
      yield 500;
      asked[1]!.write(oneTopic('log', 2));
      yield 100;
      expect(send.ended).toBe('complete');
      expect(peer.heard.filter(({ header }) => header.kind === 'ingest').map(({ header }) => header.topicId)).toEqual([
        2,
      ]);
      new Watch(producer.close());
    });
  });

  it('a server that takes connections and drops them gets growing pauses', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      scene.server.faults.refuseNextConnections(5);
      const send = new Watch(scene.producer().send(1, 'a'));
      yield 10_000;
      expect(send.ended).toBe('complete');
      const at = scene.wire.connectedAtMs;
      expect(at.slice(1).map((each, i) => each - at[i]!)).toEqual([120, 220, 420, 820, 1620]);
    });
  });

  it('a topic whose id can not be asked for is asked for again, only while it is wanted, and never after close', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ deliveryTimeoutMs: 1000 });
      scene.server.createTopic('two');
      scene.server.createTopic('three');
      scene.server.faults.failNextCommands(1000, 'Rate limit exceeded', Command.ListTopics);
      const sends = ['two', 'three'].map((topic) => new Watch(producer.send(topic, 'x')));
      yield 1500;
      for (const { error } of sends)
        expect(error).toMatchObject({
          code: 'LANCE_TIMEOUT',
          message: expect.stringContaining('Rate limit') as string,
        });
      const asked = scene.wire.commands(Command.ListTopics).length;
      expect(asked).toBeGreaterThan(10);
      yield 60_000;
      expect(scene.wire.commands(Command.ListTopics)).toHaveLength(asked);
      for (const topic of ['two', 'three']) new Watch(producer.sendAsync(topic, 'x'));
      yield 300;
      const closing = new Watch(producer.close());
      yield 10_000;
      expect(closing.ended).toBe('complete');
      const last = scene.wire.commands(Command.ListTopics).length;
      yield 60_000;
      expect(scene.wire.commands(Command.ListTopics)).toHaveLength(last);
    });
  });

  it('a record whose first send failed may be sent again inside its own error', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ reconnect: { maxAttempts: 0 } });
      const send = new Watch(defer(() => producer.send('log', 'a')).pipe(retry({ count: 3, delay: () => of(1) })));
      yield 1;
      scene.server.faults.dropConnections();
      yield 500;
      expect(send.ended).toBe('complete');
    });
  });

  it('memory is not used again while a frame of it may still be under way over an earlier connection', () => {
    virtually(function* () {
      const peer = new Peer((heard) => {
        if (heard.end === peer.ends[0]) heard.end.pause();
        else heard.end.write(ackFrame(heard.header.batchIdLow));
      });
      const producer = new Producer({ connector: peer.connector, requestTimeoutMs: 50, reconnect: EXACT });
      for (const text of 'ab') new Watch(producer.sendBatch(1, [text]));
      yield 500;
      for (const text of 'cdef') new Watch(producer.sendBatch(1, [text]));
      yield 500;
      peer.ends[0]!.resume();
      yield 100;
      const late = peer.heard.filter(({ end }) => end === peer.ends[0]);
      expect(late.map(({ payload }) => Buffer.from(payload).toString('utf8', 5))).toEqual(['a', 'b']);
      expect(producer.bufferedBytes).toBe(0);
      new Watch(producer.close());
    });
  });

  it('memory is used again, and no record with it', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ requestTimeoutMs: 100, maxPendingAcks: 1 });
      const expected: string[] = [];
      for (let round = 0; round < 20; round++) {
        if (round % 5 === 2) scene.server.faults.swallowNextAcks(1);
        const sent = Array.from({ length: 7 }, (_, i) => `${round}:${i}|`);
        expected.push(...sent);
        const all = new Watch(from(sent).pipe(mergeMap((text) => producer.send('log', text))));
        yield* until(() => all.ended !== undefined);
        expect(all.error).toBeUndefined();
      }
      expect([...new Set(storedIn(scene).slice(1))]).toEqual(expected);
      expect(scene.server.counters.brokenFrames).toBe(0);
    });
  });
});
