import type { FloProtocol } from '../../src/codecs/flo/codec.js';
import { clock } from '../../src/foundation/clock.js';
import type { FloClient } from '../../src/observables/flo/flo-client.js';
import { floAnswer, type FloAnswer, floPeer, type HeardFloFrame, marbles, Watch } from '../../src/testing.js';
import { floRig, type FloRig } from '../../src/testing/flo/flo-rig.js';
import { asText, bytes, messages } from './queue-q.js';

/** A rig whose server has keys a, b and c, each with its own name as value. */
function keys(): FloRig {
  const rig = floRig({ client: { timeoutMs: 500 } });
  for (const key of ['a', 'b', 'c']) rig.server.put(key, bytes(key));
  return rig;
}

function* gets(rig: FloRig): Generator<Watch<Uint8Array | undefined>> {
  for (const key of ['a', 'b', 'c']) yield new Watch(rig.client.kv.get(key));
}

const values = (watches: readonly Watch<Uint8Array | undefined>[]): (string | undefined)[] =>
  watches.map((watch) =>
    watch.error === undefined ? asText(watch.values[0]) : (watch.error as { code: string }).code,
  );

describe('answers', () => {
  it('may come in any order', () => {
    marbles(function* ({ expectWire }) {
      const rig = keys();
      expectWire(rig.wire).toBe('C 19ms (oGGG) 14ms (cba) 995ms X', {
        ...{ a: { name: 'Value', text: 'a' }, b: { name: 'Value', text: 'b' }, c: { name: 'Value', text: 'c' } },
      });
      rig.server.faults.reverseNextAnswers(3);
      const seen = [...gets(rig)];
      yield 100;
      expect(values(seen)).toEqual(['a', 'b', 'c']);
    });
  });

  it('do not wait for one that waits', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      expectWire(rig.wire).toBe('C 19ms (oGGGG) 13ms (ggg) 59s 995ms f 999ms X');
      const waiting = watch(rig.client.kv.get('later', { waitMs: 60_000 }));
      const seen = [...gets(rig)];
      yield 100;
      expect(values(seen)).toEqual(['a', 'b', 'c']);
      expect(waiting.ended).toBeUndefined();
      yield 60_000;
      expect(waiting).toMatchObject({ values: [undefined], ended: 'complete', endedAtMs: 60_040 });
    });
  });

  it('that are too late fail their own call only, and are not taken for those of others', () => {
    marbles(function* ({ watch }) {
      const rig = keys();
      rig.server.faults.delayNextAnswers(1, 700, 'kv.get');
      const first = [...gets(rig)];
      yield 600;
      expect(values(first)).toEqual(['FLO_TIMEOUT', 'b', 'c']);
      expect(first[0]?.endedAtMs).toBe(520);
      const second = [...gets(rig)];
      yield 300;
      expect(values(second)).toEqual(['a', 'b', 'c']);
      expect(rig.wire.connectedAtMs).toEqual([0]);
      // It counts for nothing any more: a call that waits keeps the connection, until it has its answer.
      const waits = watch(rig.client.kv.get('later', { waitMs: 5_000 }));
      yield 5_100;
      expect([waits.values, rig.wire.open]).toEqual([[undefined], 1]);
      yield 1_100;
      expect(rig.wire.open).toBe(0);
    });
  });

  it('with a wrong checksum fail their own call only', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      expectWire(rig.wire).toBe('C 19ms (oP) 16ms p 9ms (GGG) 15ms (?gg) 995ms X');
      watch(rig.client.ping());
      yield 50;
      rig.server.faults.corruptNextAnswers(1, 'kv.get');
      const seen = [...gets(rig)];
      yield 100;
      expect(values(seen)).toEqual(['FLO_INVALID_CHECKSUM', 'b', 'c']);
    });
  });

  it('with a status that nobody knows fail their own call only', () => {
    marbles(function* () {
      const rig = keys();
      rig.server.faults.failNext(1, { status: 99, text: 'hm' }, 'kv.get');
      const seen = [...gets(rig)];
      yield 100;
      expect(values(seen)).toEqual(['FLO_SERVER', 'b', 'c']);
      expect(seen[0]?.error).toMatchObject({ status: 99, message: expect.stringContaining('hm') });
    });
  });

  it('to nobody (id 0) fail all calls and end the connection; the next call opens another one', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      expectWire(rig.wire).toBe('C 19ms (oP) 16ms p 9ms (GS) 16ms (fX) 76ms C 19ms (oGGG) 14ms (ggg) 995ms X');
      watch(rig.client.ping());
      yield 50;
      const waiting = watch(rig.client.kv.get('later', { waitMs: 60_000 }));
      rig.server.faults.rejectNext(1, 'kv.put');
      const put = watch(rig.client.kv.put('d', 'x'));
      yield 100;
      for (const { error } of [waiting, put]) expect(error).toMatchObject({ code: 'FLO_BAD_REQUEST' });
      const seen = [...gets(rig)];
      yield 100;
      expect(values(seen)).toEqual(['a', 'b', 'c']);
    });
  });

  it('that never come because the connection ended', () => {
    marbles(function* () {
      const rig = keys();
      rig.server.faults.dropBeforeNextAnswers(1, 'kv.get');
      const seen = [...gets(rig)];
      yield 100;
      expect(values(seen)).toEqual(Array.from({ length: 3 }, () => 'FLO_UNEXPECTED_EOF'));
      expect(seen[0]?.error).toMatchObject({ retryable: true });
    });
  });

  it('that never come at all: a server that does not even answer a ping is gone', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = floPeer(() => {});
      expectWire(peer.wire).toBe('C 19ms (oGG) 495ms P 499ms X');
      const client = peer.newClient({ timeoutMs: 500 });
      const got = watch(client.kv.get('a'));
      const waits = watch(client.kv.get('b', { waitMs: 10_000 }));
      yield 900;
      expect(got.error).toMatchObject({ code: 'FLO_TIMEOUT' });
      expect(waits.ended).toBeUndefined();
      yield 200;
      expect(waits.error).toMatchObject({ code: 'FLO_UNEXPECTED_EOF', message: expect.stringContaining('silent') });
    });
  });

  it('that come slowly fail their own call only: who still sends has not fallen silent', () => {
    marbles(function* ({ watch }) {
      const peer = floPeer((heard) => {
        if (heard.id > 1) return;
        const frame = floAnswer.raw(new Uint8Array(4_000))(heard);
        for (let i = 0; i < 20; i++) {
          clock.after(i * 100, () => heard.end.write(frame.subarray(i * 202, (i + 1) * 202)));
        }
      });
      const client = peer.newClient({ timeoutMs: 500 });
      const got = watch(client.kv.get('a'));
      const waits = watch(client.kv.get('b', { waitMs: 10_000 }));
      yield 1_900;
      expect(got.error).toMatchObject({ code: 'FLO_TIMEOUT' });
      expect(waits.ended).toBeUndefined();
      expect(peer.connections).toBe(1);
      waits.unsubscribe();
    });
  });
});

/** Answers every request so. */
function saying(answer: FloAnswer, protocol: FloProtocol = 'v1-32'): FloClient {
  return floPeer(answer, { client: { protocol, timeoutMs: 500 } }).client;
}

const good = floAnswer.raw(new Uint8Array(8));

/** A good answer, but for this byte. */
function changed(at: number, value: number): FloAnswer {
  return (heard) => {
    const frame = good(heard);
    frame[at] = value;
    return frame;
  };
}

describe('bytes that are no answer', () => {
  it.each<[string, FloProtocol, FloAnswer, string]>([
    ['another magic', 'v1-32', changed(0, 0), 'FLO_INVALID_MAGIC'],
    ['another version', 'v1-32', changed(20, 2), 'FLO_UNSUPPORTED_VERSION'],
    ['another table', 'v2-table', changed(24, 1), 'FLO_TABLE_MISMATCH'],
    ['a wrong checksum', 'v1-32', changed(16, 1), 'FLO_INVALID_CHECKSUM'],
  ])('%s at the very first: the option protocol is named', (_, protocol, say, code) => {
    marbles(function* ({ watch }) {
      const client = saying(say, protocol);
      const got = watch(client.kv.get('a'));
      const stream = watch(client.queue.messages('q'));
      yield 5_000;
      for (const { error } of [got, stream]) {
        expect(error).toMatchObject({ code: 'FLO_PROTOCOL_MISMATCH', retryable: false, cause: { code } });
        expect(error).toMatchObject({ message: expect.stringContaining('protocol') });
      }
    });
  });

  it('more bytes than a client takes', () => {
    marbles(function* ({ watch }) {
      const client = saying(changed(7, 0x7f));
      const got = watch(client.kv.get('a'));
      yield 100;
      expect(got.error).toMatchObject({ code: 'FLO_PAYLOAD_TOO_LARGE' });
    });
  });

  it('a body that can not be read fails its own call only', () => {
    marbles(function* ({ watch }) {
      const client = saying((heard) => floAnswer.raw(new Uint8Array(heard.name === 'Delete' ? 0 : 1))(heard));
      const got = watch(client.kv.get('a'));
      const deleted = watch(client.kv.delete('a'));
      yield 100;
      expect(got.error).toMatchObject({ code: 'FLO_INCOMPLETE_RESPONSE' });
      expect(deleted.values).toEqual([true]);
    });
  });

  it('an answer to a request that nobody sent is dropped, and can be heard of', () => {
    marbles(function* ({ watch }) {
      const lines: string[] = [];
      const peer = floPeer((heard) => [good({ ...heard, id: 77 }), floAnswer.raw(new Uint8Array(9))]);
      const debug = (line: string): void => void lines.push(line);
      const client = peer.newClient({ debug });
      const got = watch(client.kv.get('a'));
      yield 100;
      expect(got.values).toEqual([new Uint8Array(1)]);
      expect(lines.find((line) => line.includes('77'))).toBeDefined();
    });
  });

  it('in pieces of one byte: an answer all the same', () => {
    marbles(function* ({ watch }) {
      const inPieces = (heard: HeardFloFrame): Uint8Array[] => Array.from(value(heard), (byte) => Uint8Array.of(byte));
      const value = floAnswer.value('value');
      const got = watch(floPeer(inPieces).client.kv.get('a'));
      yield 100;
      expect(got.values.map(asText)).toEqual(['value']);
    });
  });
});

describe('the connection', () => {
  it('is opened by the first call, shared, and closed when nobody has used it for a second', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      expectWire(rig.wire).toBe('100ms C 19ms (oGG) 15ms (gg) 856ms G 19ms g 999ms X 179ms C 19ms (oG) 16ms g 999ms X');
      yield 100;
      watch(rig.client.kv.get('a'));
      watch(rig.client.kv.get('b'));
      yield 900;
      watch(rig.client.kv.get('c'));
      yield 900;
      yield 300;
      watch(rig.client.kv.get('c'));
      yield 100;
    });
  });

  it('is kept by a stream, and by a call that waits', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      expectWire(rig.wire.only('C', 'G', 'f', 'D', 'X')).toBe('C 19ms G 4979ms D 5039ms f 5979ms X');
      const waits = watch(rig.client.kv.get('later', { waitMs: 10_000 }));
      yield 5_000;
      const stream = watch(messages(rig, { window: { deliveries: 1 } }));
      rig.enqueue('q', 'a');
      yield 10_000;
      expect(waits.ended).toBe('complete');
      stream.unsubscribe();
      yield 3_000;
    });
  });

  it('connect fails early; a command fails when there is no server, and is not repeated', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      rig.stop();
      expectWire(rig.wire).toBe('C 19ms x 4979ms C 19ms (oP) 16ms p 999ms X');
      const connected = watch(rig.client.connect());
      const put = watch(rig.client.kv.put('a', '1'));
      yield 5_000;
      for (const { error } of [connected, put]) {
        expect(error).toMatchObject({ code: 'FLO_CONNECTION_FAILED', retryable: true });
      }
      rig.start();
      const again = watch(rig.client.connect());
      yield 100;
      expect(again.values).toEqual([rig.client]);
    });
  });

  it('connect asks whether the server answers', () => {
    marbles(function* ({ watch }) {
      const client = floPeer(() => {}).newClient({ timeoutMs: 500 });
      const connected = watch(client.connect());
      yield 600;
      expect(connected.error).toMatchObject({ code: 'FLO_TIMEOUT' });
    });
  });

  it('ping', () => {
    marbles(function* ({ watch }) {
      const { client } = keys();
      const pong = watch(client.ping());
      yield 100;
      expect(pong.values).toEqual(['PONG']);
    });
  });

  it('close fails the commands that are under way', () => {
    marbles(function* ({ expectWire, watch }) {
      const rig = keys();
      expectWire(rig.wire).toBe('C 19ms (oG) 76ms X');
      const waits = watch(rig.client.kv.get('later', { waitMs: 10_000 }));
      yield 100;
      const closed = watch(rig.client.close());
      yield 50;
      expect(closed.ended).toBe('complete');
      expect(waits.error).toMatchObject({ code: 'FLO_UNEXPECTED_EOF', retryable: false });
    });
  });

  it('a thousand answers that nobody waits for any more are enough', () => {
    marbles(function* () {
      // It lives, and answers nothing but pings.
      const peer = floPeer(({ name }) => (name === 'Ping' ? floAnswer.pong() : undefined));
      const client = peer.newClient({ timeoutMs: 30 });
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
      expect(peer.heard.filter(({ name }) => name !== 'Ping')).toHaveLength(2_100);
      expect(peer.ends.length).toBe(3);
      yield 2_000;
      expect(peer.connections).toBe(0);
    });
  });
});
