import { InvalidFrameError } from '../src/codecs/lance/errors.js';
import { FrameReader } from '../src/codecs/lance/frame-reader.js';
import { batchIdOf, decodeHeader, encodeHeader, timestampNsOf, type Header } from '../src/codecs/lance/header.js';
import { expectedFrames, kindOf, type ExpectedFrame } from './expected-frames.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import { readPayload } from './reading-payloads.js';
import type { Tally } from './tally.js';

const MOST = 16 * 1024 * 1024;

/** The client's reader must find exactly the frames that are there, however the bytes arrive. */
export function readFrames({ bytes, pieces, dice }: FuzzCase, tally: Tally): void {
  const most = dice.pick([MOST, MOST, MOST, 64 * 1024, 100, 0]);
  const headroom = dice.pick([0, 0, 13]);
  const expected = expectedFrames(bytes, { judgesEarly: true, mostPayload: () => most });
  let count = 0;
  let begun = 0;
  const reader = new FrameReader({
    maxPayload: () => most,
    headroom: () => headroom,
    begun: (header, buffer, at) => {
      begun++;
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const first = Math.min(16, header.payloadLength);
      need(frame.includes(Buffer.from(buffer.subarray(at, at + first))), () => 'begun(): bytes that never came');
    },
    frame: (header, buffer, start, end) => {
      const frame = expected.frames[count++];
      need(frame !== undefined, () => `a frame too many: ${JSON.stringify(header)}`);
      if (frame === undefined) return;
      need(start === (header.payloadLength === 0 ? 0 : headroom), () => `a payload at ${start}, headroom ${headroom}`);
      compare(frame, header, buffer.subarray(start, end));
      readPayload(frame, buffer, start, end, tally);
    },
  });
  const refused = feed(reader, pieces);
  need(count === expected.frames.length, () => `${count} frames read of ${expected.frames.length}`);
  need(begun >= count && begun <= count + 1, () => `begun() ${begun} times for ${count} frames`);
  const shouldRefuse = expected.outcome === 'refused' || expected.outcome === 'oversize';
  need((refused !== undefined) === shouldRefuse, () => `${expected.outcome}, but ${refused ?? 'no error'}`);
  tally.accept('frames by the client', count);
  if (refused !== undefined) tally.refuse('frames by the client', refused.code);
}

function feed(reader: FrameReader, pieces: readonly Uint8Array[]): InvalidFrameError | undefined {
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        const target = reader.target();
        need(target.length > 0, () => 'a target of no bytes');
        const part = piece.subarray(at, at + target.length);
        target.set(part);
        at += part.length;
        reader.received(part.length);
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof InvalidFrameError) return error;
    throw error;
  }
}

function compare(frame: ExpectedFrame, header: Header, payload: Uint8Array): void {
  const read = [
    header.flags,
    header.kind,
    batchIdOf(header),
    timestampNsOf(header),
    header.recordCount,
    header.topicId,
  ];
  const { flags, batchId, timestampNs, recordCount, topicId } = frame;
  const written = [flags, kindOf(frame), batchId, timestampNs, recordCount, topicId];
  need(read.join() === written.join(), () => `a header of ${read.join()} instead of ${written.join()}`);
  need(Buffer.from(frame.payload).equals(payload), () => 'another payload than the one that came');
  const again = new Uint8Array(44);
  encodeHeader(again, 0, header);
  const { reserved: _, ...same } = { reserved: 0, ...decodeHeader(again, 0) };
  need(JSON.stringify(same) === JSON.stringify(header), () => 'the header, encoded and decoded, is another one');
}
