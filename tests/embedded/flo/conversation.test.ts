import type { FloProtocol } from '../../../src/codecs/flo/codec.js';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { FloCore } from '../../../src/embedded/flo/core.js';
import type { FloBehaviour } from '../../../src/embedded/flo/options.js';
import type { ServerEvents } from '../../../src/transports/server-end.js';
import { marbles } from '../../../src/testing.js';
import { retained } from '../../memory/retained.js';
import { bytes } from './peer.js';
import { RecordingEnd } from './recording-end.js';

const v1 = codecFor('v1-32');
const v2 = codecFor('v2-table');
const KIB = 1024;
const queue = bytes('jobs');
const id = (low: number) => ({ low, high: 0 });

const ping = (codec = v1, low = 1) =>
  codec.requestFrame(id(low), codec.ping.opcode, codec.ping.encodeRequest('', undefined));
const pong = (codec = v1, low = 1) => codec.answerFrame(id(low), 0, bytes('PONG'));
const poll = (low: number, blockMs = 10_000, count = 1) =>
  v1.requestFrame(id(low), v1.queue.dequeue.opcode, v1.queue.dequeue.encodeRequest('', { queue, count, blockMs }));
const read = (low: number, key: string) =>
  v1.requestFrame(id(low), v1.kv.get.opcode, v1.kv.get.encodeRequest('', { key: bytes(key) }));

function talk(behaviour: FloBehaviour = {}): { core: FloCore; end: RecordingEnd; events: ServerEvents } {
  const core = new FloCore(behaviour);
  const end = new RecordingEnd();
  return { core, end, events: core.accept(end) };
}

/** The ids of the answers that were written, in order. */
const ids = ({ written }: RecordingEnd): number[] => written.map((frame) => v1.decodeAnswerHead(frame, 0).id.low);

const enqueue = (core: FloCore, size = 1): bigint => core.enqueue('default\0jobs', new Uint8Array(size), {});

describe('frames', () => {
  it('takes both generations on one connection, frame by frame, and answers each in its own', () => {
    const { core, end, events } = talk();
    events.received(Buffer.concat([ping(v1, 1), ping(v2, 2), ping(v1, 3)]));
    expect(end.written).toEqual([pong(v1, 1), pong(v2, 2), pong(v1, 3)]);
    expect(core.tally.frames).toEqual({ 'v1-32': 2, 'v2-table': 1 });
  });

  it('does not mind how they are cut', () => {
    for (const size of [1, 7, 24, 31, 33]) {
      const { end, events } = talk();
      const all = Buffer.concat([ping(v2, 1), read(2, 'none'), ping(v1, 3)]);
      for (let at = 0; at < all.length; at += size) events.received(all.subarray(at, at + size));
      expect(end.written).toHaveLength(3);
    }
  });

  it('answers however many come at once', () => {
    const { end, events } = talk();
    events.received(Buffer.concat(Array.from({ length: 20_000 }, (_, at) => ping(v1, at + 1))));
    expect(end.written).toHaveLength(20_000);
  });

  it('echoes all 64 bits of an id', () => {
    const { end, events } = talk();
    const wide = { low: 0xffff_fffe, high: 0xffff_ffff };
    events.received(v2.requestFrame(wide, 0, v2.ping.encodeRequest('', undefined)));
    expect(v2.decodeAnswerHead(end.written[0]!, 0).id).toEqual(wide);
  });

  const bad: [string, Uint8Array][] = [
    ['another magic', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a wrong checksum', ping().map((byte, at) => (at === 16 ? byte ^ 1 : byte))],
    ['a reserved byte that is set', ping().map((byte, at) => (at === 30 ? 1 : byte))],
    ['a key that runs past its end', v1.requestFrame(id(1), 0x101, Buffer.from('0000ff00', 'hex'))],
    [
      'a payload of 100 MiB and a byte',
      Buffer.from('464c4f0001004006010000000000000000000000010101000000000000000000', 'hex'),
    ],
  ];
  it.each(bad)('refuses %s with id 0, then hangs up; what came before is answered', (_what, frame) => {
    const { core, end, events } = talk();
    events.received(Buffer.concat([ping(v1, 9), frame, ping(v1, 10)]));
    const refusal = v1.answerFrame(id(0), 3, bytes('Invalid request'));
    expect(end.written.map((each) => Buffer.from(each).toString('hex'))).toEqual(
      [pong(v1, 9), refusal].map((each) => Buffer.from(each).toString('hex')),
    );
    expect(end.log).toEqual(['end']);
    expect(core.tally.brokenFrames).toBe(1);
    events.received(ping(v1, 11));
    expect(end.written).toHaveLength(2);
  });

  it('refuses an unknown table with its own in the head, and a short head in a short one', () => {
    const strange = Buffer.from(ping(v2));
    strange[24]! ^= 1;
    const table = talk();
    table.events.received(strange);
    expect(v2.decodeAnswerHead(table.end.written[0]!, 0)).toMatchObject({ id: id(0), status: 3 });
    expect(v2.refused(3, table.end.written[0]!.subarray(32), 'x')).toMatchObject({
      reason: 'table_mismatch',
      ran: 'no',
    });
    const short = talk();
    // A ping of v1-24, whose checksum nobody looks at.
    short.events.received(Buffer.from('464c4f000000000001000000000000000000000001000000', 'hex'));
    expect(Buffer.from(short.end.written[0]!.subarray(20, 24)).toString('hex')).toBe('01030000');
    expect([table.end.log, short.end.log]).toEqual([['end'], ['end']]);
  });

  it.each<FloProtocol>(['v1-32', 'v2-table'])('answers an unknown operation of %s and goes on', (protocol) => {
    const codec = codecFor(protocol);
    const { core, end, events } = talk();
    events.received(Buffer.concat([codec.requestFrame(id(5), 0x7fff, Buffer.alloc(10)), ping(codec, 6)]));
    const [unknown] = end.written;
    expect(codec.decodeAnswerHead(unknown!, 0)).toMatchObject({ id: id(5), status: 9 });
    expect(codec.refused(9, unknown!.subarray(32), 'x').message).toContain('not implemented');
    expect(end.written[1]).toEqual(pong(codec, 6));
    expect(core.tally.requests).toEqual(
      new Map([
        ['unknown', 1],
        ['ping', 1],
      ]),
    );
  });

  it('keeps little of a giant frame that never comes', () => {
    const { end, events } = talk();
    const head = Buffer.from(ping());
    head.writeUInt32LE(100 * KIB * KIB, 4);
    const before = process.memoryUsage().arrayBuffers;
    events.received(head.subarray(0, 32));
    for (let at = 0; at < 16; at++) events.received(Buffer.alloc(64 * KIB));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * KIB * KIB);
    expect(end.written).toEqual([]);
  });

  it('refuses a frame of more than it is told to take', () => {
    const { end, events } = talk({ maxPayloadBytes: 20 });
    events.received(Buffer.concat([read(1, '123'), read(2, '12345678901')]));
    expect(ids(end)).toEqual([1, 0]);
  });
});

describe('a peer that does not read', () => {
  it('gets one answer more than it takes; the rest waits for it', () => {
    const { core, end, events } = talk();
    core.put('default\0big', new Uint8Array(100 * KIB), {});
    end.takes = false;
    events.received(Buffer.concat(Array.from({ length: 100 }, (_, at) => read(at + 1, 'big'))));
    expect(ids(end)).toEqual([1]);
    expect(end.log).toEqual(['pause']);
    events.drained();
    events.drained();
    expect(ids(end)).toEqual([1, 2, 3]);
    end.takes = true;
    events.drained();
    expect(ids(end)).toHaveLength(100);
    expect(end.log).toEqual(['pause', 'resume']);
  });

  it('is handed no message that it waits for; others are, and it comes back to it', () => {
    const { core, end, events } = talk();
    events.received(poll(1));
    events.received(poll(2));
    end.takes = false;
    events.received(ping(v1, 3));
    enqueue(core);
    expect(ids(end)).toEqual([3]);
    expect(core.queues.get('default\0jobs')?.ready).toBe(1);
    const other = new RecordingEnd();
    const eager = core.accept(other);
    eager.received(poll(1));
    expect(ids(other)).toEqual([1]);
    enqueue(core);
    enqueue(core);
    expect(ids(end)).toEqual([3]);
    // One answer fills it up again.
    events.drained();
    expect(ids(end)).toEqual([3, 1]);
    events.drained();
    expect(ids(end)).toEqual([3, 1, 2]);
    events.closed();
    eager.closed();
  });

  it('is not read while it is owed a thousand answers', () => {
    marbles(function* () {
      const { core, end, events } = talk();
      core.faults.delayNextAnswers(2000, 50);
      events.received(Buffer.concat(Array.from({ length: 1500 }, (_, at) => ping(v1, at + 1))));
      expect(core.tally.requests.get('ping')).toBe(1024);
      expect(end.log).toEqual(['pause']);
      yield 60;
      expect(end.written).toHaveLength(1024);
      expect(end.log).toEqual(['pause', 'resume']);
      yield 60;
      expect(end.written).toHaveLength(1500);
    });
  });
});

describe('a peer that is gone', () => {
  it.each(['closed', 'ended'] as const)('is handed nothing that it waited for: %s', (how) => {
    const { core, end, events } = talk();
    events.received(Buffer.concat([poll(1), poll(2)]));
    expect(core.parking.size).toBe(2);
    events[how]();
    expect(core.parking.size).toBe(0);
    enqueue(core);
    expect(core.queues.get('default\0jobs')?.ready).toBe(1);
    // One that only ended its side may still read: it is told that there is nothing.
    expect(end.written.map(({ length }) => length)).toEqual(how === 'closed' ? [] : [36, 36]);
    expect(end.log).toEqual(how === 'closed' ? [] : ['end']);
  });

  it('is handed nothing that it asked for and was not looked at while it lived', () => {
    const { core, end, events } = talk();
    core.put('default\0big', new Uint8Array(100 * KIB), {});
    enqueue(core);
    end.takes = false;
    events.received(Buffer.concat([read(1, 'big'), poll(2, 10)]));
    events.ended();
    events.drained();
    expect(core.queues.get('default\0jobs')?.ready).toBe(1);
    expect(end.log).not.toContain('destroy');
  });

  it('gets what it is owed if it has only ended its side', () => {
    marbles(function* () {
      const { core, end, events } = talk();
      core.faults.delayNextAnswers(1, 50);
      events.received(Buffer.concat([ping(v1, 1), ping(v1, 2)]));
      events.ended();
      expect([ids(end), end.log]).toEqual([[2], []]);
      yield 60;
      expect([ids(end), end.log]).toEqual([[2, 1], ['end']]);
    });
  });
});

describe('waiting', () => {
  it('has room for so many; the next is answered at once', () => {
    const { core, end, events } = talk({ maxWaiting: 2 });
    events.received(Buffer.concat([poll(1), poll(2), poll(3)]));
    expect(ids(end)).toEqual([3]);
    expect(core.parking.size).toBe(2);
    events.closed();
  });

  it('is not for long names', () => {
    const { core, events, end } = talk();
    const long = { key: new Uint8Array(257).fill(65), waitMs: 1000 };
    events.received(v1.requestFrame(id(1), v1.kv.get.opcode, v1.kv.get.encodeRequest('', long)));
    expect([ids(end), core.parking.size]).toEqual([[1], 0]);
  });

  it('hands one message to a poll that it wakes, however many it asked for', () => {
    const { core, end, events } = talk();
    events.received(poll(1, 10_000, 100));
    enqueue(core);
    enqueue(core);
    expect(ids(end)).toEqual([1]);
    expect(core.queues.get('default\0jobs')?.ready).toBe(1);
  });

  it('hands out no more than 16 MiB at once', () => {
    const { core, end, events } = talk();
    for (const size of [6, 6, 6]) enqueue(core, size * KIB * KIB);
    events.received(poll(1, 10, 100));
    expect(end.bytes).toBeGreaterThan(12 * KIB * KIB);
    expect(core.queues.get('default\0jobs')?.ready).toBe(1);
  });

  it('lists no more than 16 MiB of dead letters at once', () => {
    const { core, end, events } = talk();
    for (const size of [6, 6, 6]) enqueue(core, size * KIB * KIB);
    const seqs = core.queues.get('default\0jobs')?.lease(3, 100 * KIB * KIB) ?? [];
    core.queues.get('default\0jobs')?.nack(
      seqs.map(({ seq }) => seq),
      true,
    );
    const { dlqList } = v1.queue;
    events.received(v1.requestFrame(id(1), dlqList.opcode, dlqList.encodeRequest('', { queue, limit: 100 })));
    expect(dlqList.decodeAnswer(end.written[0]!.subarray(32)).messages).toHaveLength(2);
  });

  it('lists no more dead letters than clients read in one answer, however small they are', () => {
    const { core, end, events } = talk();
    const payload = new Uint8Array(2 * KIB);
    const dead = 10_000;
    for (let at = 0; at < dead; at++) core.enqueue('default\0jobs', payload, {});
    const leased = core.queues.get('default\0jobs')?.lease(dead, Number.POSITIVE_INFINITY) ?? [];
    core.queues.get('default\0jobs')?.nack(
      leased.map(({ seq }) => seq),
      true,
    );
    const { dlqList } = v1.queue;
    events.received(v1.requestFrame(id(1), dlqList.opcode, dlqList.encodeRequest('', { queue, limit: dead })));
    expect(v1.decodeAnswerHead(end.written[0]!, 0).payloadBytes).toBeGreaterThan(15 * KIB * KIB);
  });

  it('keeps nothing of a poll but what it asks for', () => {
    const { events } = talk();
    const { dequeue } = v1.queue;
    const asked = dequeue.encodeRequest('', { queue, count: 1, blockMs: 10_000 });
    // Behind the options, where nobody looks.
    const padded = Buffer.concat([asked, Buffer.alloc(KIB * KIB)]);
    const before = retained();
    for (let at = 1; at <= 50; at++) events.received(v1.requestFrame(id(at), dequeue.opcode, padded));
    expect(retained() - before).toBeLessThan(5 * KIB * KIB);
    events.closed();
  });

  it('leaves nothing behind where nobody waits any more', () => {
    const { core, end, events } = talk();
    const { get } = v1.kv;
    const round = (from: number): void => {
      for (let at = from; at < from + 8_000; at++) {
        const key = bytes(`a key that is waited for once: ${at}`);
        events.received(v1.requestFrame(id(at), get.opcode, get.encodeRequest('', { key, waitMs: 1000 })));
        core.parking.expire(Number.POSITIVE_INFINITY);
      }
      expect(end.written).toHaveLength(8_000);
      end.written.length = 0;
    };
    round(1);
    const before = retained();
    round(100_000);
    // A place with its name and its empty set would take some 300 bytes.
    expect(retained() - before).toBeLessThan(1_000_000);
  });
});
