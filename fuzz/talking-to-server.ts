import { InMemoryLanceServer, type InMemoryLanceOptions } from '../src/embedded/lance/in-memory-lance-server.js';
import type { Channel, Connector } from '../src/transports/channel.js';
import type { Dice } from '../soak/dice.js';
import {
  commandIn,
  expectedFrames,
  HEADER_BYTES,
  kindOf,
  type ExpectedFrame,
  type ExpectedFrames,
} from './expected-frames.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import type { Tally } from './tally.js';

const EVERYTHING = { judgesEarly: false, mostPayload: () => Number.MAX_SAFE_INTEGER };
const ACK_DELAY_MS = 1;
/** Longer than any round. */
const ENOUGH_MS = 100;
const TOPICS = ['first', 'my-events', 'logs'];
/** One topic has nothing, one a little, one so much that it lies in several pieces. */
const STORED = [[], [700, 300], [40_000, 70_000, 30_000]].map((sizes) => sizes.map(pattern));
const TOKEN = 's3cret-token';

/** What may come back for a command that is none. */
const ERROR_ONLY: readonly number[] = [0xff];
const REPLIES: ReadonlyMap<number, readonly number[]> = new Map([
  ...[1, 2, 3, 4, 5, 6].map((code): [number, number[]] => [code, [0x80, 0xff]]),
  [7, [0x81, 0xff]],
  [8, [0x09, 0xff]],
  [0x10, [0x11, 0x12, 0xff]],
  [0x20, [0x23, 0xff]],
  [0x22, [0x24, 0xff]],
]);

/** A server that lives for a while, and one connection after the other to it. */
export class ServerUnderFire {
  private readonly server: InMemoryLanceServer;
  private readonly mostPayload: number;
  private readonly connector: Connector;
  private line: Line | undefined;

  constructor(dice: Dice) {
    const options = manners(dice);
    this.server = new InMemoryLanceServer({ ackDelayMs: ACK_DELAY_MS, ...options });
    this.mostPayload = options.maxPayloadBytes ?? 16 * 1024 * 1024;
    this.connector = this.server.connector();
    this.server.start().subscribe();
    for (const [at, name] of TOPICS.entries()) {
      this.server.createTopic(name);
      for (const data of STORED[at] ?? []) this.server.append(name, data);
    }
  }

  /** Sends it all; every frame must have its answer, a bad one the end of the connection, and nothing else happens. */
  *talk({ bytes, pieces }: FuzzCase, tally: Tally): Generator<number, void> {
    const expected = expectedFrames(bytes, {
      judgesEarly: false,
      mostPayload: (_flags, _batchId, before) => Math.max(this.mostPayload, roomBehind(before, pieces)),
    });
    const line = (this.line ??= new Line(this.connector));
    for (const piece of pieces) line.send(piece);
    yield ENOUGH_MS;
    if (expected.outcome === 'oversize' && !line.isClosed) {
      // It was not the first of its read: one more byte, and the server looks.
      line.send(Uint8Array.of(0));
      yield ENOUGH_MS;
    }
    const isOver = expected.outcome === 'refused' || expected.outcome === 'oversize';
    need(
      line.isClosed === isOver,
      () => `${expected.outcome}, and the connection is ${line.isClosed ? 'gone' : 'open'}`,
    );
    this.judge(expected, line.taken());
    tally.accept('frames by the server', expected.frames.length);
    if (isOver) tally.refuse('frames by the server', expected.outcome);
    if (expected.outcome !== 'whole') yield* this.hangUp();
  }

  *end(): Generator<number, void> {
    yield* this.hangUp();
    const { open } = this.server.counters.connections;
    need(open === 0, () => `the server keeps ${open} connections`);
    this.server.stop().subscribe();
  }

  private judge({ frames, outcome }: ExpectedFrames, bytes: Uint8Array): void {
    const heard = expectedFrames(bytes, EVERYTHING);
    need(heard.outcome === 'whole', () => `the server says something that is ${heard.outcome}`);
    // The acks of a round are lost with the connection (section 14.1).
    const maySkip = outcome === 'refused' || outcome === 'oversize';
    need(isAnswered(frames, heard.frames, maySkip), () => {
      const said = frames.map((frame) => `${kindOf(frame)} ${frame.batchId}`).join(', ');
      return `to ${said} the server says ${heard.frames.map(words).join(', ')}`;
    });
    const fetches = frames.filter((frame) => kindOf(frame) === 'control' && commandIn(frame) === 0x10);
    const data = heard.frames.filter((frame) => isControl(frame, [0x11]) && frame.payload.length > 16);
    // Which answer is whose is plain only if there is one.
    if (fetches.length === 1 && data.length === 1) this.checkData(fetches[0]!.payload, data[0]!.payload);
  }

  private checkData(request: Uint8Array, answer: Uint8Array): void {
    const asked = Buffer.from(request);
    const said = Buffer.from(answer);
    const topic = this.server.topics.find(({ id }) => id === asked.readUInt32LE(0));
    // It may have been deleted since.
    if (topic === undefined) return;
    const start = Number(asked.readBigUInt64LE(4));
    const data = said.subarray(16);
    need(data.length <= asked.readUInt32LE(12), () => `${data.length} bytes, more than were asked for`);
    need(Number(said.readBigUInt64LE(0)) === start + data.length, () => 'a fetch that ends elsewhere');
    const stored = this.server.read(topic.name, start, start + data.length);
    need(data.equals(stored), () => `other data than what is stored from ${start} on`);
  }

  private *hangUp(): Generator<number, void> {
    this.line?.close();
    this.line = undefined;
    yield ENOUGH_MS;
  }
}

/** What lies in it is taken at once. */
const TARGET = new Uint8Array(64 * 1024);

/** The whole conversation of one connection. */
class Line {
  isClosed = false;
  private readonly channel: Channel;
  private heard: Uint8Array[] = [];

  constructor(connector: Connector) {
    this.channel = connector.connect({
      opened: () => {},
      target: () => TARGET,
      received: (count) => this.heard.push(TARGET.slice(0, count)),
      drained: () => {},
      closed: () => (this.isClosed = true),
    });
  }

  send(bytes: Uint8Array): void {
    this.channel.write(bytes);
  }

  taken(): Uint8Array {
    const bytes = new Uint8Array(Buffer.concat(this.heard));
    this.heard = [];
    return bytes;
  }

  close(): void {
    this.channel.close();
  }
}

/** Not every server is the default one. */
function manners(dice: Dice): InMemoryLanceOptions {
  return dice.pick<InMemoryLanceOptions>([
    {},
    {},
    { fetchAlign: 'record' },
    { lenientNames: true, maxPayloadBytes: 300 },
    { auth: { tokens: [TOKEN] } },
    { auth: { tokens: [TOKEN], enforceAll: true } },
    { maxReadBytesPerSec: 1000 },
    { tailSentinelFrom: 2n ** 63n - 1n },
    { readChunkBytes: 100 },
    { cluster: { role: 'leader' } },
    { cluster: { role: 'warming' } },
    { cluster: { role: 'follower', leaderAddr: '10.0.0.1:1992' } },
  ]);
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + bytes) & 255);
}

const words = (frame: ExpectedFrame): string =>
  `${kindOf(frame)} ${frame.batchId} ${Buffer.from(frame.payload).toString('latin1').slice(0, 80)}`;

/**
 * Whether these are the answers to those frames: commands and keepalives in their order, acks in theirs, an error for an
 * ingest among the first (section 1.3).
 */
function isAnswered(asked: readonly ExpectedFrame[], heard: readonly ExpectedFrame[], maySkip: boolean): boolean {
  /** From which frames on something is still to be said, and what is to be acknowledged. */
  const fits = (at: number, from: number, toAck: readonly bigint[]): boolean => {
    const answer = heard[from];
    if (answer !== undefined && kindOf(answer) === 'ack' && answer.batchId === toAck[0]) {
      if (fits(at, from + 1, toAck.slice(1))) return true;
    }
    const frame = asked[at];
    if (frame === undefined) return from === heard.length && (maySkip || toAck.length === 0);
    const kind = kindOf(frame);
    if (kind === 'ack' || kind === 'backpressure' || kind === 'unknown') return fits(at + 1, from, toAck);
    if (kind === 'ingest') {
      // Refused, stored, or (if empty) not worth a word.
      if (answer !== undefined && isControl(answer, ERROR_ONLY) && fits(at + 1, from + 1, toAck)) return true;
      return fits(at + 1, from, frame.payload.length === 0 ? toAck : [...toAck, frame.batchId]);
    }
    return answer !== undefined && isAnswerTo(frame, answer) && fits(at + 1, from + 1, toAck);
  };
  return fits(0, 0, []);
}

function isAnswerTo(frame: ExpectedFrame, answer: ExpectedFrame): boolean {
  if (kindOf(frame) === 'keepalive') return kindOf(answer) === 'keepalive' && answer.payload.length === 0;
  const command = commandIn(frame);
  if (command === 0x21 && kindOf(answer) === 'ack' && frame.payload.length >= 12) {
    return Buffer.from(frame.payload).readBigUInt64LE(4) === answer.batchId;
  }
  return isControl(answer, REPLIES.get(command) ?? ERROR_ONLY);
}

function isControl(answer: ExpectedFrame, commands: readonly number[]): boolean {
  return kindOf(answer) === 'control' && commands.includes(commandIn(answer));
}

/** A frame behind another one may be of any size, if all of it comes in the piece that the other one ends in: so many bytes. */
function roomBehind(before: readonly ExpectedFrame[], pieces: readonly Uint8Array[]): number {
  const at = before.at(-1)?.end ?? 0;
  let start = 0;
  for (const { length } of pieces) {
    const end = start + length;
    if (start < at && at < end) return end - at - HEADER_BYTES;
    start = end;
  }
  return 0;
}
