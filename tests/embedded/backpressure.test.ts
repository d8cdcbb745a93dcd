import { connect } from 'node:net';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { ackFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { fetchRequest } from '../../src/codecs/lance/requests.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { LanceCore } from '../../src/embedded/lance/core.js';
import type { ServerEnd } from '../../src/transports/server-end.js';
import { marbles, until } from '../../src/testing.js';
import { really } from '../real-time.js';

const MIB = 1024 * 1024;
const FETCH_FRAME = 44 + 16 + MIB;

/** An end that records, and takes nothing more after each write until told. */
class StubbornEnd implements ServerEnd {
  readonly written: Uint8Array[] = [];
  get bytes(): number {
    return this.written.reduce((sum, { length }) => sum + length, 0);
  }
  readonly log: string[] = [];
  takes = false;
  write(bytes: Uint8Array): boolean {
    this.written.push(bytes);
    return this.takes;
  }
  pause(): void {
    this.log.push('pause');
  }
  resume(): void {
    this.log.push('resume');
  }
  end(): void {
    this.log.push('end');
  }
  destroy(): void {
    this.log.push('destroy');
  }
}

function withTopic(bytes: number): LanceCore {
  const core = new LanceCore();
  const topic = core.topics.create('events');
  if (!('log' in topic)) throw new Error(topic.refused);
  topic.log.reveal(topic.log.append(new Uint8Array(bytes)));
  return core;
}

const fetches = (count: number): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, () => fetchRequest(1, 0, MIB)));

it('answers one request at a time to a peer that does not read, and takes in one more read', () => {
  const core = withTopic(MIB);
  const end = new StubbornEnd();
  const events = core.accept(end);
  events.received(fetches(100));
  expect(end.bytes).toBe(FETCH_FRAME);
  expect(end.log).toEqual([]);
  events.received(fetches(100));
  expect(end.bytes).toBe(FETCH_FRAME);
  expect(end.log).toEqual(['pause']);
  events.drained();
  events.drained();
  expect(end.bytes).toBe(3 * FETCH_FRAME);
  expect(core.tally.bytesOut).toBe(3 * FETCH_FRAME);
});

it('answers everything, in order, once the peer reads again', () => {
  const core = withTopic(MIB);
  const end = new StubbornEnd();
  const events = core.accept(end);
  events.received(fetches(10));
  events.received(Buffer.concat([fetches(10), keepaliveFrame()]));
  end.takes = true;
  events.drained();
  expect(end.bytes).toBe(20 * FETCH_FRAME + 44);
  expect(end.written.at(-1)).toHaveLength(44);
  expect(end.log).toEqual(['pause', 'resume']);
});

it('acknowledges only after the replies in front have left', () => {
  marbles(function* () {
    const core = withTopic(MIB);
    const end = new StubbornEnd();
    const events = core.accept(end);
    const ingest = ingestFrame({ topicId: 1, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, Buffer.from('x'));
    events.received(Buffer.concat([ingest, fetchRequest(1, 0, MIB)]));
    yield 1000;
    expect(end.bytes).toBe(FETCH_FRAME);
    events.drained();
    yield 10;
    expect(end.bytes).toBe(FETCH_FRAME + 44);
    expect(Buffer.from(end.written.at(-1) ?? []).equals(ackFrame(1))).toBe(true);
  });
});

it('ends only after a peer that has ended its side has read its replies', () => {
  const core = withTopic(MIB);
  const end = new StubbornEnd();
  const events = core.accept(end);
  events.received(fetches(2));
  events.ended();
  expect(end.log).toEqual([]);
  events.drained();
  events.drained();
  expect(end.log).toEqual(['end']);
});

it('does not grow when a client asks for 2 GB over a real socket and never reads', async () => {
  const server = await firstValueFrom(new LanceServer().start());
  server.append('events', new Uint8Array(MIB));
  const socket = connect({ port: server.port, host: server.host });
  socket.pause();
  socket.write(fetches(2000));
  await really(
    (function* () {
      yield* until(() => server.counters.commands.size > 0);
      let before: number;
      do {
        before = server.counters.bytesOut;
        yield 200;
      } while (server.counters.bytesOut !== before);
    })(),
  );
  // What the kernel's buffers hold, plus the one reply that waits.
  expect(server.counters.bytesOut).toBeLessThan(32 * MIB);
  expect(server.counters.frames.control).toBe(server.counters.bytesOut / FETCH_FRAME);
  socket.destroy();
  await really(until(() => server.counters.connections.open === 0));
  await lastValueFrom(server.stop());
}, 30_000);

it('sends much data from where the topic keeps it, without a copy', () => {
  const core = withTopic(MIB);
  const end = new StubbornEnd();
  core.accept(end).received(fetchRequest(1, 100, MIB - 200));
  const [head, data] = end.written;
  expect([head?.length, data?.length]).toEqual([60, MIB - 200]);
  expect(data?.buffer).toBe(core.topics.get(1)?.log.slices(0, 1)[0]?.buffer);
});

it('survives the keepalive storm of a Python producer', async () => {
  const server = await firstValueFrom(new LanceServer().start());
  let echoes = 0;
  const socket = connect({ port: server.port, host: server.host, noDelay: true });
  // It answers every echo (trap T 11).
  socket.on('data', (bytes) => {
    echoes += bytes.length / 44;
    socket.write(bytes);
  });
  socket.write(keepaliveFrame());
  await really(until(() => echoes > 2000, 20_000));
  socket.destroy();
  await lastValueFrom(server.stop());
  expect(server.counters.frames.keepalive).toBeGreaterThanOrEqual(2000);
}, 30_000);
