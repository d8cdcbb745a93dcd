import type { FloCodec, FloProtocol } from '../../src/codecs/flo/codec.js';
import { clock } from '../../src/foundation/clock.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { virtually } from '../../tests/embedded/script.js';
import { Peer, type Heard } from './peer.js';
import { asText, bytes, Deliveries, Scene, Watch } from './scene.js';

/** A scene whose server has keys a, b and c, each with its own name as value. */
function keys(): Scene {
  const scene = new Scene({}, { timeoutMs: 500 });
  for (const key of ['a', 'b', 'c']) scene.server.put(key, bytes(key));
  return scene;
}

function* gets(scene: Scene): Generator<Watch<Uint8Array | undefined>> {
  for (const key of ['a', 'b', 'c']) yield new Watch(scene.client.kv.get(key));
}

const values = (watches: readonly Watch<Uint8Array | undefined>[]): (string | undefined)[] =>
  watches.map((watch) =>
    watch.error === undefined ? asText(watch.values[0]) : (watch.error as { code: string }).code,
  );

describe('answers', () => {
  it('may come in any order', () => {
    virtually(function* () {
      const scene = keys();
      scene.server.faults.reverseNextAnswers(3);
      const seen = [...gets(scene)];
      yield 100;
      expect(values(seen)).toEqual(['a', 'b', 'c']);
      expect(scene.wire.connectedAtMs).toEqual([0]);
    });
  });

  it('do not wait for one that waits', () => {
    virtually(function* () {
      const scene = keys();
      const waiting = new Watch(scene.client.kv.get('later', { waitMs: 60_000 }));
      const seen = [...gets(scene)];
      yield 100;
      expect(values(seen)).toEqual(['a', 'b', 'c']);
      expect(waiting.ended).toBeUndefined();
      waiting.unsubscribe();
    });
  });

  it('that are too late fail their own call only, and are not taken for those of others', () => {
    virtually(function* () {
      const scene = keys();
      scene.server.faults.delayNextAnswers(1, 700, 'kv.get');
      const first = [...gets(scene)];
      yield 600;
      expect(values(first)).toEqual(['FLO_TIMEOUT', 'b', 'c']);
      expect(first[0]?.endedAtMs).toBe(520);
      const second = [...gets(scene)];
      yield 300;
      expect(values(second)).toEqual(['a', 'b', 'c']);
      expect(scene.wire.connectedAtMs).toEqual([0]);
      // It counts for nothing any more: a call that waits keeps the connection, until it has its answer.
      const waits = new Watch(scene.client.kv.get('later', { waitMs: 5_000 }));
      yield 5_100;
      expect([waits.values, scene.wire.open]).toEqual([[undefined], 1]);
      yield 1_100;
      expect(scene.wire.open).toBe(0);
    });
  });

  it('with a wrong checksum fail their own call only', () => {
    virtually(function* () {
      const scene = keys();
      new Watch(scene.client.ping());
      yield 50;
      scene.server.faults.corruptNextAnswers(1, 'kv.get');
      const seen = [...gets(scene)];
      yield 100;
      expect(values(seen)).toEqual(['FLO_INVALID_CHECKSUM', 'b', 'c']);
      expect(scene.wire.connectedAtMs).toEqual([0]);
    });
  });

  it('with a status that nobody knows fail their own call only', () => {
    virtually(function* () {
      const scene = keys();
      scene.server.faults.failNext(1, { status: 99, text: 'hm' }, 'kv.get');
      const seen = [...gets(scene)];
      yield 100;
      expect(values(seen)).toEqual(['FLO_SERVER', 'b', 'c']);
      expect(seen[0]?.error).toMatchObject({ status: 99, message: expect.stringContaining('hm') });
    });
  });

  it('to nobody (id 0) fail all calls and end the connection; the next call opens another one', () => {
    virtually(function* () {
      const scene = keys();
      new Watch(scene.client.ping());
      yield 50;
      const waiting = new Watch(scene.client.kv.get('later', { waitMs: 60_000 }));
      scene.server.faults.rejectNext(1, 'kv.put');
      const put = new Watch(scene.client.kv.put('d', 'x'));
      yield 100;
      for (const { error } of [waiting, put]) expect(error).toMatchObject({ code: 'FLO_BAD_REQUEST' });
      expect(scene.wire.open).toBe(0);
      const seen = [...gets(scene)];
      yield 100;
      expect(values(seen)).toEqual(['a', 'b', 'c']);
      expect(scene.wire.connectedAtMs).toHaveLength(2);
    });
  });

  it('that never come because the connection ended', () => {
    virtually(function* () {
      const scene = keys();
      scene.server.faults.dropBeforeNextAnswers(1, 'kv.get');
      const seen = [...gets(scene)];
      yield 100;
      expect(values(seen)).toEqual(Array.from({ length: 3 }, () => 'FLO_UNEXPECTED_EOF'));
      expect(seen[0]?.error).toMatchObject({ retryable: true });
    });
  });

  it('that never come at all: a server that does not even answer a ping is gone', () => {
    virtually(function* () {
      const peer = new Peer(() => {});
      const client = new FloClient('x:1', { connector: peer.connector, timeoutMs: 500 });
      const got = new Watch(client.kv.get('a'));
      const waits = new Watch(client.kv.get('b', { waitMs: 10_000 }));
      yield 900;
      expect(got.error).toMatchObject({ code: 'FLO_TIMEOUT' });
      expect(waits.ended).toBeUndefined();
      yield 200;
      expect(waits.error).toMatchObject({ code: 'FLO_UNEXPECTED_EOF', message: expect.stringContaining('silent') });
      expect([peer.heard.length, peer.connections]).toEqual([3, 0]);
    });
  });

  it('that come slowly fail their own call only: who still sends has not fallen silent', () => {
    virtually(function* () {
      const peer = new Peer(({ head, end }, codec) => {
        if (head.id.low > 1) return;
        const frame = codec.answerFrame(head.id, 0, new Uint8Array(4_000));
        for (let i = 0; i < 20; i++) clock.after(i * 100, () => end.write(frame.subarray(i * 202, (i + 1) * 202)));
      });
      const client = new FloClient('x:1', { connector: peer.connector, timeoutMs: 500 });
      const got = new Watch(client.kv.get('a'));
      const waits = new Watch(client.kv.get('b', { waitMs: 10_000 }));
      yield 1_900;
      expect(got.error).toMatchObject({ code: 'FLO_TIMEOUT' });
      expect(waits.ended).toBeUndefined();
      expect(peer.connections).toBe(1);
      waits.unsubscribe();
    });
  });
});

/** Answers every request with these bytes. */
function saying(say: (heard: Heard, codec: FloCodec) => Uint8Array, protocol: FloProtocol = 'v1-32'): FloClient {
  const peer = new Peer((heard, codec) => void heard.end.write(say(heard, codec)), protocol);
  return new FloClient('x:1', { connector: peer.connector, protocol, timeoutMs: 500, reconnect: { jitter: 'none' } });
}

const good = ({ head }: Heard, codec: FloCodec, body = '0000000000000000'): Uint8Array =>
  codec.answerFrame(head.id, 0, Buffer.from(body, 'hex'));

function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  frame[at] = value;
  return frame;
}

describe('bytes that are no answer', () => {
  it.each<[string, FloProtocol, (heard: Heard, codec: FloCodec) => Uint8Array, string]>([
    ['another magic', 'v1-32', (heard, codec) => changed(good(heard, codec), 0, 0), 'FLO_INVALID_MAGIC'],
    ['another version', 'v1-32', (heard, codec) => changed(good(heard, codec), 20, 2), 'FLO_UNSUPPORTED_VERSION'],
    ['another table', 'v2-table', (heard, codec) => changed(good(heard, codec), 24, 1), 'FLO_TABLE_MISMATCH'],
    ['a wrong checksum', 'v1-32', (heard, codec) => changed(good(heard, codec), 16, 1), 'FLO_INVALID_CHECKSUM'],
  ])('%s at the very first: the option protocol is named', (_, protocol, say, code) => {
    virtually(function* () {
      const client = saying(say, protocol);
      const got = new Watch(client.kv.get('a'));
      const stream = new Deliveries(client.queue.messages('q'));
      yield 5_000;
      for (const { error } of [got, stream]) {
        expect(error).toMatchObject({ code: 'FLO_PROTOCOL_MISMATCH', retryable: false, cause: { code } });
        expect(error).toMatchObject({ message: expect.stringContaining('protocol') });
      }
    });
  });

  it('more bytes than a client takes', () => {
    virtually(function* () {
      const client = saying((heard, codec) => changed(good(heard, codec), 7, 0x7f));
      const got = new Watch(client.kv.get('a'));
      yield 100;
      expect(got.error).toMatchObject({ code: 'FLO_PAYLOAD_TOO_LARGE' });
    });
  });

  it('a body that can not be read fails its own call only', () => {
    virtually(function* () {
      const client = saying((heard, codec) => good(heard, codec, heard.head.opcode === 0x103 ? '' : '00'));
      const got = new Watch(client.kv.get('a'));
      const deleted = new Watch(client.kv.delete('a'));
      yield 100;
      expect(got.error).toMatchObject({ code: 'FLO_INCOMPLETE_RESPONSE' });
      expect(deleted.values).toEqual([true]);
    });
  });

  it('an answer to a request that nobody sent is dropped, and can be heard of', () => {
    virtually(function* () {
      const lines: string[] = [];
      const peer = new Peer(({ head, end }, codec) => {
        end.write(codec.answerFrame({ low: 77, high: 1 }, 0, new Uint8Array(8)));
        end.write(codec.answerFrame(head.id, 0, new Uint8Array(9)));
      });
      const debug = (line: string): void => void lines.push(line);
      const client = new FloClient('x:1', { connector: peer.connector, debug });
      const got = new Watch(client.kv.get('a'));
      yield 100;
      expect(got.values).toEqual([new Uint8Array(1)]);
      expect(lines.find((line) => line.includes('77'))).toBeDefined();
    });
  });

  it('in pieces of one byte: an answer all the same', () => {
    virtually(function* () {
      const peer = new Peer(({ head, end }, codec) => {
        for (const byte of codec.answerFrame(head.id, 0, bytes('........value'))) end.write(new Uint8Array([byte]));
      });
      const got = new Watch(new FloClient('x:1', { connector: peer.connector }).kv.get('a'));
      yield 100;
      expect(got.values.map(asText)).toEqual(['value']);
    });
  });
});

describe('the connection', () => {
  it('is opened by the first call, shared, and closed when nobody has used it for a second', () => {
    virtually(function* () {
      const scene = keys();
      yield 100;
      expect(scene.wire.connectedAtMs).toEqual([]);
      new Watch(scene.client.kv.get('a'));
      new Watch(scene.client.kv.get('b'));
      yield 900;
      new Watch(scene.client.kv.get('c'));
      yield 900;
      expect([scene.wire.connectedAtMs, scene.wire.open]).toEqual([[100], 1]);
      yield 300;
      expect(scene.wire.open).toBe(0);
      new Watch(scene.client.kv.get('c'));
      yield 100;
      expect(scene.wire.connectedAtMs).toHaveLength(2);
    });
  });

  it('is kept by a stream, and by a call that waits', () => {
    virtually(function* () {
      const scene = keys();
      const waits = new Watch(scene.client.kv.get('later', { waitMs: 10_000 }));
      yield 5_000;
      const stream = new Deliveries(scene.messages({ window: { deliveries: 1 } }));
      scene.enqueue('a');
      yield 10_000;
      expect([waits.ended, scene.wire.connectedAtMs, scene.wire.open]).toEqual(['complete', [0], 1]);
      stream.unsubscribe();
      yield 3_000;
      expect(scene.wire.open).toBe(0);
    });
  });

  it('connect fails early; a command fails when there is no server, and is not repeated', () => {
    virtually(function* () {
      const scene = keys();
      scene.stop();
      const connected = new Watch(scene.client.connect());
      const put = new Watch(scene.client.kv.put('a', '1'));
      yield 5_000;
      for (const { error } of [connected, put]) {
        expect(error).toMatchObject({ code: 'FLO_CONNECTION_FAILED', retryable: true });
      }
      expect(scene.wire.connectedAtMs).toHaveLength(1);
      scene.start();
      const again = new Watch(scene.client.connect());
      yield 100;
      expect(again.values).toEqual([scene.client]);
    });
  });

  it('connect asks whether the server answers', () => {
    virtually(function* () {
      const client = new FloClient('x:1', { connector: new Peer(() => {}).connector, timeoutMs: 500 });
      const connected = new Watch(client.connect());
      yield 600;
      expect(connected.error).toMatchObject({ code: 'FLO_TIMEOUT' });
    });
  });

  it('ping', () => {
    virtually(function* () {
      const { client } = keys();
      const pong = new Watch(client.ping());
      yield 100;
      expect(pong.values).toEqual(['PONG']);
    });
  });

  it('close fails the commands that are under way', () => {
    virtually(function* () {
      const scene = keys();
      const waits = new Watch(scene.client.kv.get('later', { waitMs: 10_000 }));
      yield 100;
      const closed = new Watch(scene.client.close());
      yield 50;
      expect(closed.ended).toBe('complete');
      expect(waits.error).toMatchObject({ code: 'FLO_UNEXPECTED_EOF', retryable: false });
      expect(scene.wire.open).toBe(0);
    });
  });

  it('a thousand answers that nobody waits for any more are enough', () => {
    virtually(function* () {
      const peer = new Peer(({ head, end }, codec) => {
        // It lives, and answers nothing but pings.
        if (head.opcode === codec.ping.opcode) end.write(codec.answerFrame(head.id, 0, bytes('PONG')));
      });
      const client = new FloClient('x:1', { connector: peer.connector, timeoutMs: 30 });
      let failed = 0;
      const ask = (): void => {
        client.kv.get('a').subscribe({
          error: () => {
            failed++;
            if (failed < 2_100) ask();
          },
        });
      };
      ask();
      while (failed < 2_100) yield 100;
      expect(peer.heard.filter(({ head }) => head.opcode !== 0)).toHaveLength(2_100);
      expect(peer.accepted).toBe(3);
      yield 2_000;
      expect(peer.connections).toBe(0);
    });
  });
});
