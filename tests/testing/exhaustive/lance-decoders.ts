import { FrameReader } from '../../../src/codecs/lance/frame-reader.js';
import { keepaliveFrame } from '../../../src/codecs/lance/frames.js';
import { commandOf, MAX_PAYLOAD_BYTES, type Header } from '../../../src/codecs/lance/header.js';
import { LanceCore } from '../../../src/embedded/lance/core.js';
import { Intake } from '../../../src/embedded/lance/intake.js';
import { IngestSession } from '../../../src/transports/lance/ingest-session.js';
import { RequestSession } from '../../../src/transports/lance/request-session.js';
import { feed, Heard, hex, inTurns, Said, told, type Pieces } from './feeding.js';

/** The frames that the client cuts out; throws as it does. */
export function clientFrames(pieces: Pieces): string[] {
  const frames: string[] = [];
  const reader = new FrameReader({
    maxPayload: () => MAX_PAYLOAD_BYTES,
    headroom: () => 0,
    begun: (header, bytes, at) => {
      frames.push(`begins ${hex(bytes.subarray(at, at + Math.min(16, header.payloadLength)))}`);
    },
    frame: (header, buffer, start, end) => frames.push(frame(header, buffer.subarray(start, end))),
  });
  feed(reader, pieces);
  return frames;
}

/** The frames that the server cuts out; throws as it does. */
export function serverFrames(pieces: Pieces): string[] {
  const frames: string[] = [];
  const intake = new Intake(MAX_PAYLOAD_BYTES);
  for (const piece of pieces) {
    intake.push(piece);
    for (let taken = intake.next(); taken !== undefined; taken = intake.next()) {
      frames.push(frame(taken.header, taken.payload));
    }
  }
  return frames;
}

/** What becomes of four requests whose answers these bytes are. */
export function answers(pieces: Pieces): string[] {
  const log: string[] = [];
  const server = new Said();
  const session = new RequestSession(server, 1_000, {
    opened: () => log.push('opened'),
    closed: (error) => log.push(`closed ${told(error)}`),
  });
  server.open();
  for (const name of 'abcd') {
    session.send({
      request: keepaliveFrame(),
      reply: (header, buffer, start, end) => log.push(`${name} ${frame(header, buffer.subarray(start, end))}`),
      failed: (error) => log.push(`${name} ${told(error)}`),
    });
  }
  server.say(pieces);
  session.close();
  return log;
}

/** What becomes of three batches, 1 to 3, that a producer has sent. */
export function acks(pieces: Pieces): string[] {
  const log: string[] = [];
  const server = new Said();
  const session = new IngestSession(server, 1_000, {
    opened: () => log.push('opened'),
    drained: () => {},
    backpressure: () => log.push('backpressure'),
    closed: (error) => log.push(`closed ${told(error)}`),
  });
  server.open();
  for (const id of [1, 2, 3]) {
    session.send({
      id,
      frame: keepaliveFrame(),
      acked: () => log.push(`${id} acked`),
      rejected: (error) => log.push(`${id} ${told(error)}`),
    });
  }
  server.say(pieces);
  session.close();
  return log;
}

/** What a server that has topic 1 answers and stores, if every piece comes on a turn of its own. */
export function conversation(pieces: Pieces): string[] {
  const end = new Heard();
  inTurns(pieces, () => {
    const core = new LanceCore();
    core.topics.create('first');
    const events = core.accept(end);
    return {
      each: (piece) => events.received(piece),
      last: () => {
        for (const { name, log } of core.topics)
          end.log.push(`${name} ${hex(Buffer.concat(log.slices(0, log.length)))}`);
        events.closed();
      },
    };
  });
  return end.log;
}

function frame(header: Header, payload: Uint8Array): string {
  const { kind, batchIdHigh, batchIdLow, timestampLow, timestampHigh, recordCount } = header;
  return [
    kind,
    commandOf(header),
    batchIdHigh,
    batchIdLow,
    timestampHigh,
    timestampLow,
    recordCount,
    hex(payload),
  ].join(' ');
}
