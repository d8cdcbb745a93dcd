import fc from 'fast-check';
import { InvalidFrameError } from '../../src/codecs/lance/errors.js';
import { ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { encodeHeader, Flag } from '../../src/codecs/lance/header.js';
import { Intake } from '../../src/embedded/lance/intake.js';

const LIMIT = 1000;

function ingest(id: number, size: number): Uint8Array {
  return ingestFrame({ topicId: 1, batchIdLow: id, timestampMs: 0, recordCount: 1 }, new Uint8Array(size).fill(id));
}

function oversize(): Uint8Array {
  const frame = new Uint8Array(44);
  encodeHeader(frame, 0, { flags: Flag.BatchMode, payloadLength: LIMIT + 1 });
  return frame;
}

function takeAll(intake: Intake): string[] {
  const seen: string[] = [];
  for (let frame = intake.next(); frame !== undefined; frame = intake.next()) {
    seen.push(`${frame.header.batchIdLow}:${Buffer.from(frame.payload).toString('hex')}`);
  }
  return seen;
}

it('finds the same frames, wherever the bytes are cut', () => {
  const sizes = [0, 1, 43, 44, 45, 200, 0, 300];
  const bytes = Buffer.concat(sizes.map((size, id) => ingest(id, size)));
  const expected = sizes.map((size, id) => `${id}:${Buffer.alloc(size, id).toString('hex')}`);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (places) => {
      const intake = new Intake(LIMIT);
      const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
      const seen = cuts.flatMap((cut, i) => {
        intake.push(bytes.subarray(cut, cuts[i + 1]));
        return takeAll(intake);
      });
      expect(seen).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

it('keeps what was not taken when more comes', () => {
  const intake = new Intake(LIMIT);
  intake.push(Buffer.concat([ingest(1, 5), ingest(2, 5)]));
  expect(intake.next()?.header.batchIdLow).toBe(1);
  intake.push(ingest(3, 5));
  expect(intake.next()?.header.batchIdLow).toBe(2);
  expect(intake.next()?.header.batchIdLow).toBe(3);
});

it('refuses an oversize frame before its payload has come, if it stands in front', () => {
  const intake = new Intake(LIMIT);
  intake.push(oversize());
  expect(() => intake.next()).toThrow(InvalidFrameError);
});

it('does not see an oversize frame behind another one before the next byte comes', () => {
  const intake = new Intake(LIMIT);
  intake.push(Buffer.concat([keepaliveFrame(), oversize()]));
  expect(intake.next()).toBeDefined();
  expect(intake.next()).toBeUndefined();
  intake.push(new Uint8Array(1));
  expect(() => intake.next()).toThrow(InvalidFrameError);
});

it('does not see an oversize header that completes only later before the next byte either', () => {
  const intake = new Intake(LIMIT);
  intake.push(Buffer.concat([keepaliveFrame(), oversize().subarray(0, 40)]));
  expect(intake.next()).toBeDefined();
  expect(intake.next()).toBeUndefined();
  intake.push(oversize().subarray(40));
  expect(() => intake.next()).toThrow(InvalidFrameError);
});

it('never sees that a frame behind another one is oversize if it is here as a whole', () => {
  const intake = new Intake(LIMIT);
  intake.push(Buffer.concat([keepaliveFrame(), ingest(1, LIMIT + 1), ingest(2, 5)]));
  expect(takeAll(intake)).toHaveLength(3);
});

it('looks at the size before the magic', () => {
  const frame = oversize();
  frame[0] = 0;
  const intake = new Intake(LIMIT);
  intake.push(frame);
  expect(() => intake.next()).toThrow(/at most 1000/);
});

it('verifies the payload, but not the checksum of an empty one', () => {
  const broken = ingest(1, 10);
  broken[50] = 99;
  const intake = new Intake(LIMIT);
  intake.push(broken);
  expect(() => intake.next()).toThrow(/checksum/);

  const empty = new Uint8Array(44);
  encodeHeader(empty, 0, { flags: Flag.Keepalive, payloadCrc: 7 });
  const other = new Intake(LIMIT);
  other.push(empty);
  expect(other.next()?.header.payloadCrc).toBe(7);
});
