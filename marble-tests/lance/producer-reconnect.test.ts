import { catchError, defer, from, mergeMap, of, retry, tap } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, LanceTimeoutError } from '../../src/codecs/lance/errors.js';
import { ackFrame } from '../../src/codecs/lance/frames.js';
import { deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { lanceAnswer, lancePeer, marbles, until } from '../../src/testing.js';
import type { ServerEnd } from '../../src/transports/server-end.js';
import { Wire } from '../../tests/embedded/wire.js';
import { connected, dataIn, storedIn } from './producing.js';

/** An ingest frame with one record per letter. */
const ingest = (texts: string) => ({ name: 'Ingest', texts: texts.split('') });

/** Two batches in flight, whatever is in them. */
const PIPELINED = { lingerMs: 0, maxPendingAcks: 2 } as const;

describe('a broken connection', () => {
  it('everything unacknowledged is sent again, in order', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected(PIPELINED);
      expectWire(rig.wire.only('C', 'o', 'x', 'I', 'a')).toBe(
        '85ms (12) 18ms (xx) 96ms C 19ms x 199ms C 19ms (oC) 16ms o 19ms (12) 21ms (a3)-a 19ms a',
        { 1: ingest('a'), 2: ingest('b'), 3: ingest('cdefgh') },
      );
      const sends = 'abcdef'.split('').map((text) => watch(producer.send('log', text)));
      yield 12;
      rig.stop();
      yield 200;
      expect(sends.map(({ ended }) => ended)).toEqual(Array(6).fill(undefined));
      for (const text of 'gh') watch(producer.send('log', text));
      rig.start();
      yield 3000;
      expect(sends.map(({ ended }) => ended)).toEqual(Array(6).fill('complete'));
      expect(dataIn(rig)).toMatch(/^!(ab?)?abcdefgh$/);
    });
  });

  it.each([
    [
      'dropBeforeNextAcks',
      '85ms (12) 21ms x 99ms C 19ms o 19ms (12) 21ms x 199ms C 19ms o 19ms (12) 21ms (a3)-a 19ms a',
    ],
    ['dropAfterNextAcks', '85ms (12) 21ms (a3x) 95ms C 19ms o 19ms (23) 21ms (ax) 96ms C 19ms o 19ms 3 24ms a'],
  ] as const)('%s: at least once, in order', (fault, drawn) => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected(PIPELINED);
      expectWire(rig.wire.only('C', 'o', 'x', 'I', 'a')).toBe(drawn, {
        ...{ 1: ingest('a'), 2: ingest('b'), 3: ingest('cdefgh') },
      });
      rig.server.faults[fault](2);
      const sends = 'abcdefgh'.split('').map((text) => watch(producer.send('log', text)));
      yield 3000;
      expect(sends.every(({ ended }) => ended === 'complete')).toBe(true);
      const data = dataIn(rig);
      expect([...new Set(data)].join('')).toBe('!abcdefgh');
      expect(data.endsWith('cdefgh')).toBe(true);
    });
  });

  it('a topic that has another id afterwards: the records go to the topic, not to the number', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      const send = watch(producer.send('log', 'a'));
      yield 5;
      rig.stop();
      // As after a restart: the id of the deleted newest topic is given to the next one.
      rig.start();
      new Wire(rig.server.connector()).send(deleteTopicRequest(1));
      yield 45;
      rig.stop();
      rig.server.createTopic('stranger');
      rig.server.createTopic('log');
      rig.start();
      yield 1000;
      expect(rig.server.topic('stranger')?.id).toBe(1);
      expect(send.ended).toBe('complete');
      expect(dataIn(rig)).toBe('a');
      expect(dataIn(rig, 'stranger')).toBe('');
    });
  });

  it('acks that never come: the connection is given up after requestTimeoutMs, the record sent again', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ requestTimeoutMs: 500 });
      expectWire(rig.wire.only('C', 'o', 'x', 'X', 'I', 'a')).toBe(
        '385ms I 499ms X 99ms C 19ms o 19ms I 24ms a 974ms X',
      );
      // The time of a batch begins when it is sent, whenever the one before was.
      yield 300;
      rig.server.faults.swallowNextAcks(1);
      const send = watch(producer.send('log', 'a'));
      yield 700;
      expect(send.ended).toBe('complete');
      expect(dataIn(rig)).toBe('!aa');
    });
  });

  it('as long as acks come the connection is good, however long the line', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ requestTimeoutMs: 60, maxPendingAcks: 2 });
      const before = rig.wire.connectedAtMs.length;
      for (let i = 0; i < 400; i++) {
        watch(producer.sendBatch(1, ['x']));
        yield 3;
      }
      expect(producer.bufferedBytes).toBeGreaterThan(100);
      yield 10_000;
      expect(producer.bufferedBytes).toBe(0);
      expect(rig.wire.connectedAtMs).toHaveLength(before);
    });
  });

  it('no ack within deliveryTimeoutMs: the error says why, and nothing is tried for ever', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.stop();
      const producer = rig.producer({ deliveryTimeoutMs: 3000 });
      expectWire(rig.wire).toBe('C 19ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms x');
      const sends = [watch(producer.send('log', 'a')), watch(producer.send(1, 'b'))];
      yield 1000;
      const later = watch(producer.send('log', 'c'));
      yield 2050;
      for (const send of sends) {
        expect(send.error).toBeInstanceOf(LanceTimeoutError);
        expect((send.error as Error).message).toMatch(/3000 ms.*ECONNREFUSED/);
        expect(send.endedAtMs).toBe(3000);
      }
      // Records of one batch share its time.
      expect(later.endedAtMs).toBe(3000);
      yield 1_000_000;
    });
  });

  it('why an id could not be asked for is not why a later record is not acknowledged', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ deliveryTimeoutMs: 1000 });
      rig.server.createTopic('two');
      rig.server.faults.failNextCommands(1, 'Rate limit exceeded', Command.ListTopics);
      const asked = watch(producer.send('two', 'a'));
      yield 500;
      expect(asked.ended).toBe('complete');
      rig.server.faults.swallowNextAcks(1);
      const lost = watch(producer.send('two', 'b'));
      yield 1500;
      expect((lost.error as Error).message).toBe('not acknowledged within 1000 ms');
    });
  });

  it('later records have their own delivery timeout', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ deliveryTimeoutMs: 3000, maxPendingAcks: 1 });
      rig.server.faults.swallowNextAcks(1000);
      const first = watch(producer.send('log', 'a').pipe(tap({ error: () => watch(producer.send('log', 'c')) })));
      yield 1000;
      const second = watch(producer.send('log', 'b'));
      yield 10_000;
      expect(second.endedAtMs - first.endedAtMs).toBe(1000);
    });
  });

  it.each([
    [0, '85ms (II)-------(xx) 4986ms C 19ms (oC) 16ms o 19ms I 24ms a'],
    [2, '85ms (II)-------(xx) 96ms C 19ms x 199ms C 19ms x 4649ms C 19ms (oC) 16ms o 19ms I 24ms a'],
  ])('maxAttempts %i in a row, then everything is rejected; the next record tries anew', (maxAttempts, drawn) => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ ...PIPELINED, reconnect: { jitter: 'none', maxAttempts } });
      expectWire(rig.wire.only('C', 'o', 'x', 'I', 'a')).toBe(drawn);
      const sends = 'abc'.split('').map((text) => watch(producer.send('log', text)));
      yield 1;
      rig.stop();
      yield 5000;
      for (const { error } of sends) expect(error).toBeInstanceOf(ConnectionError);
      rig.start();
      const next = watch(producer.send('log', 'd'));
      yield 500;
      expect(next.ended).toBe('complete');
    });
  });

  it('a producer with nothing to send does not look for its server', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      expectWire(rig.wire).toBe('1020ms X 2074ms x 16m 39s 989ms C 19ms (oC) 16ms (oL) 16ms (tI) 21ms a 934ms X');
      yield 3000;
      rig.stop();
      yield 1_000_000;
      rig.start();
      const send = watch(producer.send('log', 'a'));
      yield 500;
      expect(send.ended).toBe('complete');
    });
  });

  it('a connection that breaks while it is idle is no failure', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ reconnect: { jitter: 'none', maxAttempts: 1 } });
      expectWire(rig.wire.only('C', 'o', 'x', 'I', 'a')).toBe(
        '95ms (xx) 486ms C 19ms (oC) 16ms o 19ms I 24ms x 99ms C 19ms o 19ms I 24ms a',
      );
      rig.server.faults.dropConnections();
      yield 500;
      rig.server.faults.dropBeforeNextAcks(1);
      const send = watch(producer.send('log', 'a'));
      yield 1000;
      expect(send.ended).toBe('complete');
    });
  });

  it('the pauses begin anew once a batch was acknowledged', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      const each = 'I 24ms x 99ms C 19ms I 24ms x 199ms C 19ms I 24ms a';
      expectWire(rig.wire.only('C', 'x', 'I', 'a')).toBe(`85ms ${each} 1584ms ${each} 1584ms ${each}`);
      for (let round = 0; round < 3; round++) {
        rig.server.faults.dropBeforeNextAcks(2);
        const send = watch(producer.send(1, 'a'));
        yield 2000;
        expect(send.ended).toBe('complete');
      }
    });
  });

  it('an id that was asked for before the connection broke is not trusted afterwards', () => {
    marbles(function* ({ watch }) {
      const asked: ServerEnd[] = [];
      const peer = lancePeer((heard) => {
        if (heard.name === 'ListTopics') asked.push(heard.end);
        if (heard.name === 'Ingest') heard.end.write(ackFrame(heard.header.batchIdLow));
      });
      const producer = peer.producer();
      watch(producer.connect());
      yield 100;
      const send = watch(producer.send('log', 'a'));
      yield 50;
      expect(asked).toHaveLength(1);
      // The second connection is the one for records.
      peer.ends[1]!.destroy();
      yield 50;
      asked[0]!.write(lanceAnswer.topics('log'));
      yield 500;
      asked[1]!.write(lanceAnswer.topics({ name: 'log', id: 2 }));
      yield 100;
      expect(send.ended).toBe('complete');
      expect(peer.heard.filter(({ name }) => name === 'Ingest').map(({ header }) => header.topicId)).toEqual([2]);
      watch(producer.close());
    });
  });

  it('a server that takes connections and drops them gets growing pauses', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      rig.server.faults.refuseNextConnections(5);
      expectWire(rig.wire.only('C', 'x', 'o', 'I', 'a')).toBe(
        'C 19ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms x 1599ms C 19ms (oI) 17ms a',
      );
      const send = watch(rig.producer().send(1, 'a'));
      yield 10_000;
      expect(send.ended).toBe('complete');
    });
  });

  it('a topic whose id can not be asked for is asked for again, only while it is wanted, and never after close', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ deliveryTimeoutMs: 1000 });
      rig.server.createTopic('two');
      rig.server.createTopic('three');
      rig.server.faults.failNextCommands(1000, 'Rate limit exceeded', Command.ListTopics);
      const sends = ['two', 'three'].map((topic) => watch(producer.send(topic, 'x')));
      yield 1500;
      for (const { error } of sends)
        expect(error).toMatchObject({
          code: 'LANCE_TIMEOUT',
          message: expect.stringContaining('Rate limit') as string,
        });
      const asked = rig.wire.commands(Command.ListTopics).length;
      expect(asked).toBeGreaterThan(10);
      yield 60_000;
      expect(rig.wire.commands(Command.ListTopics)).toHaveLength(asked);
      for (const topic of ['two', 'three']) watch(producer.sendAsync(topic, 'x'));
      yield 300;
      const closing = watch(producer.close());
      yield 10_000;
      expect(closing.ended).toBe('complete');
      const last = rig.wire.commands(Command.ListTopics).length;
      yield 60_000;
      expect(rig.wire.commands(Command.ListTopics)).toHaveLength(last);
    });
  });

  it('a record whose first send failed may be sent again inside its own error', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ reconnect: { maxAttempts: 0 } });
      const send = watch(defer(() => producer.send('log', 'a')).pipe(retry({ count: 3, delay: () => of(1) })));
      yield 1;
      rig.server.faults.dropConnections();
      yield 500;
      expect(send.ended).toBe('complete');
    });
  });

  it('what is sent when connecting has failed gets another attempt', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const producer = rig.producer({ reconnect: { maxAttempts: 0 } });
      const send = watch(producer.connect().pipe(catchError(() => producer.send(1, 'a'))));
      // The connection for commands is there; that for records is refused.
      yield 25;
      rig.server.faults.refuseNextConnections(1);
      yield 500;
      expect([send.values, send.ended]).toEqual([[1n], 'complete']);
      expect(dataIn(rig)).toBe('a');
    });
  });

  it('memory is not used again while a frame of it may still be under way over an earlier connection', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer((heard) => {
        if (heard.end === peer.ends[0]) heard.end.pause();
        else heard.end.write(ackFrame(heard.header.batchIdLow));
      });
      const producer = peer.producer({ requestTimeoutMs: 50, reconnect: { jitter: 'none' } });
      for (const text of 'ab') watch(producer.sendBatch(1, [text]));
      yield 500;
      for (const text of 'cdef') watch(producer.sendBatch(1, [text]));
      yield 500;
      peer.ends[0]!.resume();
      yield 100;
      const late = peer.heard.filter(({ end }) => end === peer.ends[0]);
      expect(late.map(({ payload }) => Buffer.from(payload).toString('utf8', 5))).toEqual(['a', 'b']);
      expect(producer.bufferedBytes).toBe(0);
      watch(producer.close());
    });
  });

  it('memory is used again, and no record with it', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ requestTimeoutMs: 100, maxPendingAcks: 1 });
      const expected: string[] = [];
      for (let round = 0; round < 20; round++) {
        if (round % 5 === 2) rig.server.faults.swallowNextAcks(1);
        const sent = Array.from({ length: 7 }, (_, i) => `${round}:${i}|`);
        expected.push(...sent);
        const all = watch(from(sent).pipe(mergeMap((text) => producer.send('log', text))));
        yield* until(() => all.ended !== undefined);
        expect(all.error).toBeUndefined();
      }
      expect([...new Set(storedIn(rig).slice(1))]).toEqual(expected);
      expect(rig.server.counters.brokenFrames).toBe(0);
    });
  });
});
