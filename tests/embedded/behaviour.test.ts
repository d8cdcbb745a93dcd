import { Command } from '../../src/codecs/lance/commands.js';
import { ErrorText, invalidTopicNameText } from '../../src/codecs/lance/error-texts.js';
import { encodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import { ackFrame, controlFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { InvalidTopicNameError, TopicAlreadyExistsError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import {
  authenticateRequest,
  createTopicRequest,
  fetchRequest,
  listTopicsRequest,
} from '../../src/codecs/lance/requests.js';
import {
  authenticateResponse,
  catchingUpResponse,
  errorResponse,
  fetchResponse,
} from '../../src/codecs/lance/replies.js';
import type { InMemoryLanceServer } from '../../src/embedded/lance/in-memory-lance-server.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import type { LanceBehaviour } from '../../src/embedded/lance/options.js';
import { marbles, until, type Script } from '../../src/testing.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const refusal = (text: string): string => hex(errorResponse(text));
const textOf = (frame: string | undefined): string => Buffer.from(frame ?? '', 'hex').toString('utf8', 44);
/** Two records: 'hello' and 'world'. */
const RECORDS = Buffer.from('010500000068656c6c6f0105000000776f726c64', 'hex');

function withServer(behaviour: LanceBehaviour, script: (server: InMemoryLanceServer, wire: Wire) => Script): void {
  marbles(function* ({ lance }) {
    const { server, connector } = lance({ latencyMs: 0, ...behaviour });
    server.append('events', RECORDS);
    const wire = new Wire(connector());
    yield* until(() => wire.opened);
    yield* script(server, wire);
  });
}

function* hears(wire: Wire, ...say: Uint8Array[]): Generator<number, string[]> {
  wire.send(...say);
  yield 50;
  return wire.takeAll();
}

const create = (name: string): Uint8Array => controlFrame(Command.CreateTopic, Buffer.from(name));
const ingest = (topicId: number, payload: Uint8Array): Uint8Array =>
  ingestFrame({ topicId, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, payload);

describe('topic names and ids (section 2.8)', () => {
  it('are strict by default', () => {
    withServer({}, function* (_, wire) {
      expect(yield* hears(wire, create('my_topic'))).toEqual([refusal(invalidTopicNameText('my_topic'))]);
    });
  });

  it('may have underscores where that was asked for, and nothing else', () => {
    withServer({ lenientNames: true }, function* (server, wire) {
      const [made, refused] = yield* hears(wire, create('my_topic'), create('my.topic'));
      expect(textOf(made)).toBe('{"created_at":0,"id":2,"name":"my_topic","topic_epoch":1}');
      expect(refused).toBe(refusal(invalidTopicNameText('my.topic')));
      expect(server.topic('my_topic')?.id).toBe(2);
    });
  });

  it('255 bytes are fine; more are an I/O error that takes an id all the same', () => {
    withServer({}, function* (_, wire) {
      const replies = yield* hears(wire, create('a'.repeat(255)), create('b'.repeat(256)), create('c_'), create('d'));
      expect(replies.map((reply) => /"id":(\d+)/.exec(textOf(reply))?.[1] ?? textOf(reply).slice(0, 23))).toEqual([
        '2',
        'I/O error: File name to',
        'Invalid data: Topic nam',
        '4',
      ]);
    });
  });

  it('topic 0 takes ingests and gives nothing back', () => {
    withServer({}, function* (server, wire) {
      expect(yield* hears(wire, ingest(0, RECORDS))).toEqual([hex(ackFrame(1))]);
      expect(yield* hears(wire, fetchRequest(0, 0, 100))).toEqual([refusal('Topic 0 not found')]);
      expect(server.counters.bytesIngested).toBe(RECORDS.length);
    });
  });
});

describe('fetchAlign: record', () => {
  it('cuts at the end of the last whole record', () => {
    withServer({ fetchAlign: 'record' }, function* (_, wire) {
      expect(yield* hears(wire, fetchRequest(1, 0, 19), fetchRequest(1, 0, 20), fetchRequest(1, 10, 999))).toEqual([
        hex(fetchResponse(10, RECORDS.subarray(0, 10))),
        hex(fetchResponse(20, RECORDS)),
        hex(fetchResponse(20, RECORDS.subarray(10))),
      ]);
    });
  });

  it('cuts a record that is larger than the window, or nobody would get past it', () => {
    withServer({ fetchAlign: 'record' }, function* (_, wire) {
      expect(yield* hears(wire, fetchRequest(1, 0, 7), fetchRequest(1, 0, 3))).toEqual([
        hex(fetchResponse(7, RECORDS.subarray(0, 7))),
        hex(fetchResponse(3, RECORDS.subarray(0, 3))),
      ]);
    });
  });

  it('copies no more than 16 MiB, whatever is asked for', () => {
    withServer({ fetchAlign: 'record' }, function* (server, wire) {
      const piece = encodeRecords([TlvRecord.raw(Buffer.alloc(1024 * 1024 - 5))]);
      for (let i = 0; i < 20; i++) server.append('events', piece);
      wire.send(fetchRequest(1, 20, 0xffff_ffff));
      yield* until(() => wire.waiting > 0);
      expect(server.counters.bytesFetched).toBe(16 * 1024 * 1024);
    });
  });
});

it('takes another sentinel for the end where that was asked for', () => {
  const pythonsEnd = 2n ** 63n - 1n;
  withServer({ tailSentinelFrom: pythonsEnd }, function* (_, wire) {
    expect(yield* hears(wire, fetchRequest(1, pythonsEnd, 1), fetchRequest(1, pythonsEnd - 1n, 1))).toEqual([
      hex(fetchResponse(20, new Uint8Array(0))),
      hex(catchingUpResponse(20)),
    ]);
  });
});

it('limits reads by one bucket that is never overdrawn: one byte left is enough (trap T 54)', () => {
  withServer({ maxReadBytesPerSec: 1000 }, function* (_, wire) {
    const all = hex(fetchResponse(20, RECORDS));
    const limited = refusal(ErrorText.rateLimited);
    // The sentinel and unknown topics are limited too.
    const replies = yield* hears(
      wire,
      fetchRequest(1, 0, 999),
      fetchRequest(1, 0, 1_000_000),
      fetchRequest(1, 0, 1),
      fetchRequest(1, 'end', 1),
      fetchRequest(9, 0, 1),
    );
    expect(replies).toEqual([all, all, limited, limited, limited]);
    yield 1000;
    expect(yield* hears(wire, fetchRequest(1, 0, 999))).toEqual([all]);
  });
});

it('limits reads in virtual time too, if it was made in real time', () => {
  const server = LanceServer.inMemory({ maxReadBytesPerSec: 1000 });
  server.append('events', RECORDS);
  marbles(function* () {
    server.start().subscribe();
    const wire = new Wire(server.connector());
    expect(yield* hears(wire, fetchRequest(1, 0, 1000), fetchRequest(1, 0, 1))).toHaveLength(2);
    yield 1000;
    expect(yield* hears(wire, fetchRequest(1, 0, 1000))).toEqual([hex(fetchResponse(20, RECORDS))]);
  });
});

it('counts payloads against its own limit', () => {
  withServer({ maxPayloadBytes: 100 }, function* (server, wire) {
    expect(yield* hears(wire, ingest(1, new Uint8Array(100)))).toEqual([hex(ackFrame(1))]);
    expect(yield* hears(wire, ingest(1, new Uint8Array(101)))).toEqual([]);
    expect([wire.closed, server.counters.brokenFrames]).toEqual([true, 1]);
  });
});

describe('tokens (section 10.1)', () => {
  const tokens = ['secret'];
  const required = refusal(ErrorText.authenticationRequired);

  it('guard ingests only; an empty one or one to nowhere gets the error too', () => {
    withServer({ auth: { tokens } }, function* (_, wire) {
      const replies = yield* hears(
        wire,
        create('other'),
        ingest(1, RECORDS),
        ingest(1, new Uint8Array(0)),
        ingest(99, RECORDS),
      );
      expect(replies.slice(1)).toEqual([required, required, required]);
      expect(textOf(replies[0])).toContain('"name":"other"');
    });
  });

  it('belong to a connection; a failed attempt revokes nothing', () => {
    withServer({ auth: { tokens } }, function* (server, wire) {
      const no = hex(authenticateResponse({ success: false, message: 'Invalid token' }));
      const yes = hex(authenticateResponse({ success: true, message: 'Authenticated' }));
      expect(
        yield* hears(
          wire,
          authenticateRequest('secret '),
          authenticateRequest('secret'),
          authenticateRequest('x'),
          ingest(1, RECORDS),
        ),
      ).toEqual([no, yes, no, hex(ackFrame(1))]);
      const other = new Wire(server.connector());
      expect(yield* hears(other, ingest(1, RECORDS))).toEqual([required]);
    });
  });

  it('enforce nothing under writeOnly, nor if there are none', () => {
    for (const auth of [{ tokens, writeOnly: true }, { tokens: [] }]) {
      withServer({ auth }, function* (_, wire) {
        expect(yield* hears(wire, ingest(1, RECORDS))).toEqual([hex(ackFrame(1))]);
      });
    }
  });

  it('guard everything under enforceAll', () => {
    withServer({ auth: { tokens, enforceAll: true } }, function* (_, wire) {
      expect(yield* hears(wire, listTopicsRequest(), ingest(1, RECORDS), keepaliveFrame())).toEqual([
        required,
        required,
        hex(keepaliveFrame()),
      ]);
      const replies = yield* hears(wire, authenticateRequest('secret'), fetchRequest(1, 0, 100));
      expect(replies[1]).toBe(hex(fetchResponse(20, RECORDS)));
    });
  });
});

describe('what a test sees of the server', () => {
  it('topics, their data and their ends', () => {
    const server = LanceServer.inMemory();
    expect(server.append('events', Buffer.from('abc'))).toBe(3);
    expect(server.append('events', Buffer.from('def'))).toBe(6);
    expect(server.topics).toEqual([
      { id: 1, name: 'events', createdAtMs: expect.any(Number) as number, byteLength: 6 },
    ]);
    expect(server.topic('events')).toEqual(server.topics[0]);
    expect(server.topic('others')).toBeUndefined();
    expect(Buffer.from(server.read('events', 2, 4)).toString()).toBe('cd');
  });

  it('typed errors', () => {
    const server = LanceServer.inMemory();
    server.createTopic('events');
    expect(() => server.createTopic('events')).toThrow(TopicAlreadyExistsError);
    expect(() => server.append('ev ents', RECORDS)).toThrow(InvalidTopicNameError);
    expect(() => server.read('others')).toThrow(TopicNotFoundError);
    expect(() => server.read('events', 1)).toThrow(/^start: must be an integer from 0 to 0, got 1$/);
  });

  it('counters', () => {
    withServer({}, function* (server, wire) {
      const said = [
        createTopicRequest('other'),
        fetchRequest(1, 0, 15),
        keepaliveFrame(),
        ingest(1, RECORDS),
        ingest(9, RECORDS),
      ];
      const heard = yield* hears(wire, ...said);
      const bytes = (frames: readonly { length: number }[]): number =>
        frames.reduce((sum, { length }) => sum + length, 0);
      expect(server.counters).toEqual({
        connections: { open: 1, total: 1 },
        frames: { control: 2, ingest: 2, keepalive: 1, ack: 0, backpressure: 0, unknown: 0 },
        commands: new Map([
          [Command.CreateTopic, 1],
          [Command.Fetch, 1],
        ]),
        brokenFrames: 0,
        acks: 1,
        errors: 1,
        bytesIn: bytes(said),
        bytesOut: bytes(heard) / 2,
        bytesFetched: 15,
        bytesIngested: 20,
      });
    });
  });
});
