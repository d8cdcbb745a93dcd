import { concat, defer, from, mergeMap, of, retry, tap } from 'rxjs';
import {
  BackpressureError,
  ConnectionError,
  InvalidTopicNameError,
  LanceTimeoutError,
  TopicNotFoundError,
} from '../../src/codecs/lance/errors.js';
import { Command } from '../../src/codecs/lance/commands.js';
import { ackFrame, backpressureFrame } from '../../src/codecs/lance/frames.js';
import { errorResponse } from '../../src/codecs/lance/replies.js';
import { TlvRecord } from '../../src/codecs/lance/tlv.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { InvalidOptionError, NotImplementedError } from '../../src/foundation/errors.js';
import { Producer } from '../../src/observables/lance/producer.js';
import { until, virtually } from '../../tests/embedded/script.js';
import { Wire } from '../../tests/embedded/wire.js';
import { commandIn, oneTopic, Peer } from './peer.js';
import { marbles, Scene, tlv, Watch } from './scene.js';
import { textsOf } from './wiretap.js';

/** The records of each ingest frame, joined. */
const framesIn = (scene: Scene): string[] => scene.wire.ingests.map((frame) => textsOf(frame).join(''));
const dataIn = (scene: Scene, topic = 'log'): string =>
  Buffer.from(scene.server.read(topic)).equals(Buffer.alloc(0)) ? '' : texts(scene.server.read(topic)).join('');

function texts(bytes: Uint8Array): string[] {
  const found: string[] = [];
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length; ) {
    const end = at + 5 + buffer.readUInt32LE(at + 1);
    found.push(buffer.toString('utf8', at + 5, end));
    at = end;
  }
  return found;
}

/** A scene with a topic and a producer that is connected and knows its id. */
function* connected(options: ConstructorParameters<typeof Producer>[0] = {}): Generator<number, { scene: Scene; producer: Producer }> {
  const scene = new Scene({ ackDelayMs: 5 });
  scene.server.createTopic('log');
  const producer = scene.producer(options);
  const first = new Watch(producer.send('log', '!'));
  new Watch(producer.flush());
  yield* until(() => first.ended === 'complete');
  scene.wire.frames.length = 0;
  return { scene, producer };
}

describe('Producer.send', () => {
  it('emits the id of its batch when that is acknowledged', () => {
    marbles(({ expectObservable }) => {
      const scene = new Scene({ ackDelayMs: 5 });
      scene.server.createTopic('log');
      const producer = scene.producer();
      const sends = concat(producer.send('log', 'a'), producer.send('log', new Uint8Array([1])), producer.send(1, 'c'));
      // Two connections and the topic's id take 60 ms; then a round trip and the server's 5 ms each.
      expectObservable(sends).toBe('85ms a 24ms b 24ms (c|)', { a: 1n, b: 2n, c: 3n });
    });
  });

  it('is cold: one record per subscription', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      const send = scene.producer().send('log', 'x');
      yield 100;
      expect(scene.wire.connectedAtMs).toEqual([]);
      new Watch(send);
      new Watch(send);
      yield 200;
      expect(dataIn(scene)).toBe('xx');
    });
  });

  it('refuses what can not be sent before anything is', () => {
    const producer = new Producer();
    expect(() => producer.send('a_b', 'x')).toThrow(InvalidTopicNameError);
    expect(() => producer.send(0, 'x')).toThrow(InvalidOptionError);
    expect(() => producer.send('log', 5 as unknown as string)).toThrow(/TlvRecord/);
    expect(() => producer.sendBatch('log', ['a', {} as unknown as string])).toThrow(InvalidOptionError);
    expect(new Watch(producer.send('log', new Uint8Array(16 * 1024 * 1024))).error).toBeInstanceOf(InvalidOptionError);
    expect(new Watch(producer.sendBatch('log', [])).error).toBeInstanceOf(InvalidOptionError);
    expect(producer.bufferedBytes).toBe(0);
    for (const [option, options] of [
      ['batching', { batching: 'none' as 'linger' }],
      ['batchSize', { batchSize: 63 }],
      ['batchSize', { batchSize: 2 ** 24 + 1 }],
      ['lingerMs', { lingerMs: -1 }],
      ['maxPendingAcks', { maxPendingAcks: 0 }],
      ['bufferBytes', { bufferBytes: 0 }],
      ['deliveryTimeoutMs', { deliveryTimeoutMs: Number.NaN }],
    ] as const) {
      expect(() => new Producer(options)).toThrow(InvalidOptionError);
      expect(() => new Producer(options)).toThrow(option);
    }
    expect(() => new Producer({ compression: true })).toThrow(NotImplementedError);
  });

  it('an unknown topic is rejected at once, others are not touched', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      const byName = new Watch(producer.send('nowhere', 'x'));
      const byId = new Watch(producer.send(99, 'x'));
      const good = new Watch(producer.send('log', 'y'));
      yield 100;
      expect(byName.error).toBeInstanceOf(TopicNotFoundError);
      expect(byId.error).toBeInstanceOf(TopicNotFoundError);
      expect(good.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!y');
    });
  });

  it('a topic that was deleted and made anew is found again', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      new Wire(scene.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
      yield 50;
      const lost = new Watch(producer.send('log', 'x'));
      yield 100;
      expect(lost.error).toBeInstanceOf(TopicNotFoundError);
      const found = new Watch(producer.send('log', 'y'));
      yield 100;
      expect(found.ended).toBe('complete');
      expect(dataIn(scene)).toBe('y');
    });
  });
});

describe('self-clocked batching', () => {
  it('the first records leave at once; the next batch grows while two are unacknowledged', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      for (const text of 'abcdef') new Watch(producer.send('log', text));
      yield 12;
      for (const text of 'ghi') new Watch(producer.send('log', text));
      yield 100;
      for (const text of 'jk') new Watch(producer.send('log', text));
      yield 100;
      expect(framesIn(scene)).toEqual(['a', 'b', 'cdefghi', 'j', 'k']);
      expect(scene.wire.ingests.map(({ header }) => [header.batchIdLow, header.recordCount])).toEqual([
        [2, 1],
        [3, 1],
        [4, 7],
        [5, 1],
        [6, 1],
      ]);
    });
  });

  it('a batch that is full makes room for the next one', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 1 });
      for (let i = 0; i < 20; i++) new Watch(producer.send('log', String(i).padStart(11, '.')));
      yield 1000;
      expect(scene.wire.ingests.map(({ header }) => header.recordCount)).toEqual([1, 4, 4, 4, 4, 3]);
      expect(scene.wire.ingests.every(({ header }) => header.payloadLength <= 64)).toBe(true);
    });
  });

  it('a record larger than a batch goes alone, in its order', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 1 });
      const long = 'L'.repeat(1000);
      for (const text of ['a', 'b', long, 'c']) new Watch(producer.send('log', text));
      yield 200;
      expect(framesIn(scene)).toEqual(['a', 'b', long, 'c']);
      expect(dataIn(scene)).toBe(`!ab${long}c`);
    });
  });

  it.each([1, 2, 5])('never more than maxPendingAcks: %i', (maxPendingAcks) => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks });
      let unacknowledged = 0;
      let most = 0;
      for (let i = 0; i < 40; i++) {
        new Watch(producer.send('log', `${i};`));
        unacknowledged = scene.wire.ingests.length + 1 - scene.server.counters.acks;
        most = Math.max(most, unacknowledged);
        yield 1;
      }
      yield 100;
      expect(most).toBe(maxPendingAcks);
      expect(dataIn(scene)).toBe(`!${Array.from({ length: 40 }, (_, i) => `${i};`).join('')}`);
    });
  });

  it('topics have batches of their own, and the order of each is kept', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      scene.server.createTopic('other');
      for (let i = 0; i < 10; i++) {
        new Watch(producer.send('log', String(i)));
        new Watch(producer.send('other', String(i)));
      }
      yield 500;
      expect(dataIn(scene)).toBe('!0123456789');
      expect(dataIn(scene, 'other')).toBe('0123456789');
    });
  });
});

describe('batching: linger', () => {
  it('waits for lingerMs', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 50 });
      new Watch(producer.send('log', 'a'));
      yield 30;
      new Watch(producer.send('log', 'b'));
      yield 19;
      expect(framesIn(scene)).toEqual([]);
      yield 1;
      expect(framesIn(scene)).toEqual(['ab']);
    });
  });

  it('or until a batch is full: then it leaves at once', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 50, batchSize: 64 });
      for (const text of 'abc') new Watch(producer.send('log', text.repeat(20)));
      yield 0;
      // Two records of 25 bytes fit; the third begins the next batch.
      expect(framesIn(scene)).toEqual(['a'.repeat(20) + 'b'.repeat(20)]);
      new Watch(producer.send('log', 'd'.repeat(34)));
      yield 0;
      expect(framesIn(scene)).toHaveLength(2);
      yield 60;
      expect(framesIn(scene)).toHaveLength(2);
    });
  });

  it('flush does not wait', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 10_000 });
      new Watch(producer.sendAsync('log', 'a'));
      const flushed = new Watch(producer.flush());
      yield 30;
      expect(framesIn(scene)).toEqual(['a']);
      expect(flushed.ended).toBe('complete');
    });
  });
});

describe('sendAsync, sendBatch, flush, close', () => {
  it('sendAsync emits at once; flush completes when all is acknowledged', () => {
    virtually(function* () {
      const { producer, scene } = yield* connected();
      const ids = new Watch(concat(...'abc'.split('').map((text) => producer.sendAsync('log', text))));
      expect([ids.values, ids.ended]).toEqual([[2n, 3n, 4n], 'complete']);
      const flushed = new Watch(producer.flush());
      const later = new Watch(producer.send('log', 'd'));
      yield 24;
      expect(flushed.ended).toBeUndefined();
      yield 100;
      expect([flushed.values, flushed.ended, later.ended]).toEqual([[undefined], 'complete', 'complete']);
      expect(dataIn(scene)).toBe('!abcd');
      expect(new Watch(producer.flush()).ended).toBe('complete');
    });
  });

  it('flush also completes when what it waits for has failed', () => {
    virtually(function* () {
      const { producer } = yield* connected();
      new Watch(producer.sendAsync(77, 'x'));
      const flushed = new Watch(producer.flush());
      yield 100;
      expect(flushed.ended).toBe('complete');
    });
  });

  it('sendBatch is one frame, with records of any type', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batchSize: 64 });
      new Watch(producer.sendAsync('log', 'a'));
      new Watch(producer.sendAsync('log', 'b'));
      new Watch(producer.sendAsync('log', 'c'));
      const batch = new Watch(producer.sendBatch('log', ['x', TlvRecord.json({ n: 1 }), new Uint8Array(100)]));
      new Watch(producer.sendAsync('log', 'd'));
      yield 200;
      expect(scene.wire.ingests.map(({ header }) => header.recordCount)).toEqual([1, 1, 1, 3, 1]);
      expect(batch.values).toEqual([5n]);
      const [, , , sent] = scene.wire.ingests;
      expect(Buffer.from(sent!.payload).equals(Buffer.concat([tlv('x'), Buffer.from([2, 7, 0, 0, 0]), Buffer.from('{"n":1}'), tlv('\0'.repeat(100))]))).toBe(true);
    });
  });

  it('close sends what waits, waits for it, and refuses what comes later', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      for (const text of 'abcd') new Watch(producer.sendAsync('log', text));
      const closed = new Watch(producer.close());
      const late = [producer.send('log', 'x'), producer.sendAsync('log', 'x'), producer.sendBatch('log', ['x'])].map((send) => new Watch(send));
      const reconnect = new Watch(producer.connect());
      for (const { error } of [...late, reconnect]) expect(error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      yield 100;
      expect(closed.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!abcd');
      expect(scene.wire.open).toBe(0);
      expect(new Watch(producer.close()).ended).toBe('complete');
    });
  });
});

describe('Producer.connect', () => {
  it('emits the producer, connected, and again at once when it is', () => {
    virtually(function* () {
      const scene = new Scene();
      const producer = scene.producer();
      const first = new Watch(producer.connect());
      yield 50;
      expect(first.values).toEqual([producer]);
      expect(scene.wire.open).toBe(2);
      const again = new Watch(producer.connect());
      yield 50;
      expect(again.values).toEqual([producer]);
      expect(again.ended).toBe('complete');
    });
  });

  it('errors if there is no server, and may be tried again', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.stop();
      const producer = scene.producer();
      const refused = new Watch(producer.connect());
      yield 50;
      expect(refused.error).toBeInstanceOf(ConnectionError);
      scene.start();
      const seen = new Watch(producer.connect());
      yield 100;
      expect(seen.values).toEqual([producer]);
    });
  });

  it('is told when the producer is closed meanwhile', () => {
    virtually(function* () {
      const producer = new Scene().producer();
      const connecting = new Watch(producer.connect());
      yield 25;
      new Watch(producer.close());
      yield 100;
      expect(connecting.ended).toBe('error');
    });
  });
});

describe('backpressure', () => {
  it('beyond bufferBytes send errors, and what is buffered goes on', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ bufferBytes: 100 });
      const sends = Array.from({ length: 4 }, (_, i) => new Watch(producer.send('log', String(i).repeat(28))));
      expect(sends.map(({ error }) => error instanceof BackpressureError)).toEqual([false, false, false, true]);
      expect(sends[3]!.error).toMatchObject({ retryable: true, context: { buffered: 99, bufferBytes: 100 } });
      expect(producer.bufferedBytes).toBe(99);
      const async = new Watch(producer.sendAsync('log', 'xy'));
      expect(async.error).toBeInstanceOf(BackpressureError);
      yield 100;
      expect(producer.bufferedBytes).toBe(0);
      expect(dataIn(scene)).toBe(`!${'0'.repeat(28)}${'1'.repeat(28)}${'2'.repeat(28)}`);
      const large = new Watch(producer.send('log', 'x'.repeat(200)));
      yield 100;
      expect(large.ended).toBe('complete');
    });
  });

  it('a Backpressure frame stops sending until the next ack', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks: 4 });
      new Watch(producer.sendAsync('log', 'a'));
      scene.server.faults.sendBackpressure();
      yield 11;
      new Watch(producer.sendAsync('log', 'b'));
      yield 1;
      expect(framesIn(scene)).toEqual(['a']);
      yield 100;
      expect(framesIn(scene)).toEqual(['a', 'b']);
    });
  });

  it('… also when the socket drains meanwhile', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks: 4 });
      scene.server.faults.sendBackpressure();
      yield 1;
      // More than a socket takes at once: it asks to wait, and drains when the server has read, after the frame is here.
      new Watch(producer.sendAsync('log', 'a'.repeat(100_000)));
      yield 11;
      new Watch(producer.sendAsync('log', 'b'));
      yield 3;
      expect(scene.wire.ingests).toHaveLength(1);
      yield 100;
      expect(scene.wire.ingests).toHaveLength(2);
    });
  });

  it('… and one that comes when nothing is in flight holds nothing up', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      scene.server.faults.sendBackpressure();
      yield 50;
      const send = new Watch(producer.send('log', 'a'));
      yield 50;
      expect(send.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!a');
    });
  });

  it('… one after the other while the server keeps saying so', () => {
    virtually(function* () {
      const sent: number[] = [];
      const peer = new Peer((heard) => {
        if (commandIn(heard) === Command.ListTopics) heard.end.write(oneTopic('log'));
        if (heard.header.kind === 'ingest') {
          sent.push(heard.header.batchIdLow);
          heard.end.write(backpressureFrame());
        }
      });
      const producer = new Producer({ connector: peer.connector, maxPendingAcks: 5 });
      for (let i = 0; i < 5; i++) new Watch(producer.sendBatch('log', [String(i)]));
      yield 500;
      // All five left before the first frame came back; nothing more does.
      expect(sent).toEqual([1, 2, 3, 4, 5]);
      for (let i = 0; i < 5; i++) new Watch(producer.sendBatch('log', [String(i)]));
      yield 500;
      expect(sent).toHaveLength(5);
      producer.close().subscribe();
    });
  });
});

describe('errors carry no id, and find their batch all the same', () => {
  /** What became of `count` batches that are in flight together, when the server says this; an error is `!text`. */
  function fates(count: number, answers: readonly (number | string)[]): (string | undefined)[] {
    let told: (string | undefined)[] = [];
    virtually(function* () {
      const peer = new Peer((heard) => {
        if (commandIn(heard) === Command.ListTopics) heard.end.write(oneTopic('log'));
        else if (heard.header.batchIdLow === count) {
          for (const answer of answers) {
            heard.end.write(typeof answer === 'number' ? ackFrame(answer) : errorResponse(answer.slice(1)));
          }
        }
      });
      const producer = new Producer({ connector: peer.connector, maxPendingAcks: count });
      const sends = Array.from({ length: count }, (_, i) => new Watch(producer.sendBatch('log', [String(i)])));
      yield 200;
      told = sends.map(({ ended, error }) => (ended === 'complete' ? 'acked' : (error as Error | undefined)?.message));
      producer.close().subscribe();
    });
    return told;
  }
  const UNKNOWN = 'the server passed over this batch: its outcome is unknown';

  it.each([
    ['the only one', 1, ['!x'], ['x']],
    ['the first of three; the error comes first', 3, ['!x', 2, 3], ['x', 'acked', 'acked']],
    ['the second', 3, ['!x', 1, 3], ['acked', 'x', 'acked']],
    ['the last', 3, ['!x', 1, 2], ['acked', 'acked', 'x']],
    ['two, with different words, in order', 4, ['!x', '!y', 2, 4], ['x', 'acked', 'y', 'acked']],
    ['two in a row', 4, ['!x', '!y', 1, 4], ['acked', 'x', 'y', 'acked']],
    ['the last two', 4, ['!x', '!y', 1, 2], ['acked', 'acked', 'x', 'y']],
    ['all', 3, ['!x', '!y', '!z'], ['x', 'y', 'z']],
    ['all but the first, which is acknowledged late', 3, ['!x', '!y', 1], ['acked', 'x', 'y']],
    ['strictly in order, as a follower answers', 3, [1, '!x', 3], ['acked', 'x', 'acked']],
    ['one that the server forgot', 3, [1, 3], ['acked', UNKNOWN, 'acked']],
    ['one refused, one forgotten', 3, ['!x', 3], ['x', UNKNOWN, 'acked']],
    ['nothing, by acks for what was never sent', 2, [7, 1, 7, 2], ['acked', 'acked']],
    ['nothing, by an ack that comes twice', 2, [1, 1, 2], ['acked', 'acked']],
    ['nothing yet', 2, ['!x'], [undefined, undefined]],
  ])('refused: %s', (_, count, answers, expected) => {
    expect(fates(count, answers)).toEqual(expected);
  });

  it('an error is certain as soon as what was in flight with it is acknowledged, whatever is sent then', () => {
    virtually(function* () {
      const peer = new Peer((heard) => {
        if (commandIn(heard) === Command.ListTopics) heard.end.write(oneTopic('log'));
        else if (heard.header.batchIdLow === 2) {
          heard.end.write(errorResponse('x'));
          heard.end.write(ackFrame(1));
        }
      });
      const producer = new Producer({ connector: peer.connector, maxPendingAcks: 2 });
      const sends = [0, 1, 2].map((i) => new Watch(producer.sendBatch('log', [String(i)])));
      yield 200;
      // The third one left when the first one was acknowledged, and nothing is known of it.
      expect(sends.map(({ ended }) => ended)).toEqual(['complete', 'error', undefined]);
      expect(peer.heard.filter(({ header }) => header.kind === 'ingest')).toHaveLength(3);
      producer.close().subscribe();
    });
  });

  it('the server itself: unknown topics between good ones', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks: 6 });
      const sends = [1, 99, 1, 98, 97, 1].map((topic, i) => new Watch(producer.sendBatch(topic, [String(i)])));
      yield 200;
      expect(sends.map(({ ended }) => ended === 'complete')).toEqual([true, false, true, false, false, true]);
      for (const { error } of sends) expect(error === undefined || error instanceof TopicNotFoundError).toBe(true);
      expect(dataIn(scene)).toBe('!025');
    });
  });

  it.each(['FORWARD_FAILED: Quorum not reached - required 2 ACKs, got 1', 'NOT_LEADER: leader unknown'])(
    '"%s" is about everything in flight: sent again over another connection',
    (text) => {
      virtually(function* () {
        const { scene, producer } = yield* connected({ maxPendingAcks: 3 });
        scene.server.faults.failNextIngests(1, text);
        const sends = [0, 1, 2].map((i) => new Watch(producer.sendBatch('log', [String(i)])));
        yield 1000;
        expect(sends.map(({ ended }) => ended)).toEqual(['complete', 'complete', 'complete']);
        // The two behind it had arrived already: at least once.
        expect(dataIn(scene)).toMatch(/^!(12)?012$/);
        expect(scene.wire.ingests.map(({ connection }) => connection)).toEqual([1, 1, 1, 3, 3, 3]);
      });
    },
  );

  it('a server that always fails to forward is tried after growing pauses, until the delivery timeout', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ deliveryTimeoutMs: 5000 });
      scene.server.faults.failNextIngests(100, 'FORWARD_FAILED: Leader address unknown');
      const send = new Watch(producer.send('log', 'x'));
      yield 60_000;
      expect(send.error).toBeInstanceOf(LanceTimeoutError);
      expect((send.error as Error).message).toContain('Leader address unknown');
      const sentAtMs = scene.wire.ingests.map(({ atMs }) => atMs);
      const pauses = sentAtMs.slice(1).map((at, i) => at - sentAtMs[i]!);
      expect(pauses.length).toBeGreaterThan(3);
      for (let i = 1; i < pauses.length; i++) expect(pauses[i]).toBeGreaterThan(pauses[i - 1]! * 1.4);
    });
  });
});

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
      scene.server.faults.swallowNextAcks(1);
      const send = new Watch(producer.send('log', 'a'));
      yield 499;
      expect(scene.wire.ingests).toHaveLength(1);
      yield 500;
      expect(send.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!aa');
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
      yield 10_000;
      const attempts = scene.wire.connectedAtMs.length;
      yield 1_000_000;
      expect(scene.wire.connectedAtMs).toHaveLength(attempts);
    });
  });

  it('later records have their own delivery timeout', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ deliveryTimeoutMs: 3000, maxPendingAcks: 1 });
      scene.server.faults.swallowNextAcks(1000);
      const first = new Watch(producer.send('log', 'a').pipe(tap({ error: () => new Watch(producer.send('log', 'c')) })));
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
      for (const { error } of sends) expect(error).toMatchObject({ code: 'LANCE_TIMEOUT', message: expect.stringContaining('Rate limit') as string });
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

  it('memory is used again only when its frame has left for good', () => {
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
      expect([...new Set(texts(scene.server.read('log')).slice(1))]).toEqual(expected);
      expect(scene.server.counters.brokenFrames).toBe(0);
    });
  });
});
