import fc from 'fast-check';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import type { FloCodec } from '../../../src/codecs/flo/codec.js';
import { detectRequest, type Detected } from '../../../src/codecs/flo/detect.js';
import { FloError, IncompleteResponseError } from '../../../src/codecs/flo/errors.js';
import { FloFrameReader } from '../../../src/codecs/flo/frame-reader.js';
import { operations } from './golden/built.js';
import { feed } from './reading.js';
import { frames, fromHex, payloadOf, protocols } from './golden/vectors.js';

/** How bytes are spoiled: the seeds say where and how. */
const spoiling = fc.array(
  fc.record({
    how: fc.constantFrom('flip', 'set', 'cut', 'insert', 'repeat', 'length'),
    at: fc.nat(),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 4 },
);

type Spoiling = typeof spoiling extends fc.Arbitrary<infer T> ? T : never;

function spoiled(bytes: Uint8Array, changes: Spoiling): Uint8Array {
  let all = Buffer.from(bytes);
  for (const { how, at: seed, byte } of changes) {
    const at = seed % (all.length + 1);
    if (how === 'cut') all = all.subarray(0, at);
    else if (how === 'insert') all = Buffer.concat([all.subarray(0, at), Buffer.from([byte]), all.subarray(at)]);
    else if (how === 'repeat') all = Buffer.concat([all.subarray(0, at), all.subarray(at >> 1)]);
    else if (how === 'length') all.fill(255, at, Math.min(at + 4, all.length));
    else if (at < all.length) all[at] = how === 'set' ? byte : (all[at] ?? 0) ^ (1 << (byte & 7));
    all = Buffer.from(all);
  }
  return all;
}

/** All else that is thrown is a crash. */
function calm(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof FloError) return error;
    throw error;
  }
}

/** Vectors as they are, and bytes of no origin. */
function seeds(codec: FloCodec, direction: 'request' | 'response'): fc.Arbitrary<Uint8Array> {
  const known = frames(codec.protocol, direction).map(({ hex }) => fromHex(hex));
  return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, fc.uint8Array({ maxLength: 120 }));
}

/** How many bytes the values in `of` stand for, views included. */
function weight(of: unknown): number {
  if (of instanceof Uint8Array) return of.length;
  if (typeof of !== 'object' || of === null) return 1;
  return Object.values(of).reduce<number>((sum, value) => sum + weight(value), 1);
}

function verdictOf(detected: Detected | undefined): string {
  if (detected === undefined) return 'more';
  if ('protocol' in detected) return detected.protocol;
  return `${detected.error.message} ${Buffer.from(detected.answer).toString('hex')}`;
}

describe.each(protocols)('spoiled bytes in %s', (protocol) => {
  const codec = codecFor(protocol);

  it('are read by every operation of a server or refused, and what is read is no larger than they are', () => {
    fc.assert(
      fc.property(seeds(codec, 'request'), spoiling, (bytes, changes) => {
        const payload = spoiled(payloadOf(bytes), changes);
        for (const one of operations(codec)) {
          const read = calm(() => one.decodeRequest(payload));
          if (!(read instanceof FloError)) expect(weight(read)).toBeLessThanOrEqual(payload.length + 20);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are read by every operation of a client or refused, and what is read is no larger than they are', () => {
    fc.assert(
      fc.property(seeds(codec, 'response'), spoiling, (bytes, changes) => {
        const body = spoiled(payloadOf(bytes), changes);
        for (const one of operations(codec)) {
          const read = calm(() => one.decodeAnswer(body));
          if (read instanceof FloError) expect(read.constructor).toBe(IncompleteResponseError);
          else expect(weight(read)).toBeLessThanOrEqual(body.length + 20);
        }
        for (const status of [1, 2, 3, 8, 9, 12, 255])
          expect(codec.refused(status, body, 'x')).toBeInstanceOf(FloError);
      }),
      { numRuns: 300 },
    );
  });

  it('end the reading of a client with an error, or give frames whose checksum tells', () => {
    fc.assert(
      fc.property(
        fc.array(seeds(codec, 'response'), { minLength: 1, maxLength: 3 }),
        spoiling,
        fc.nat(100),
        (sent, changes, piece) => {
          const original = new Set(sent.map((bytes) => Buffer.from(bytes).toString('hex')));
          const reader = new FloFrameReader({
            measure: (bytes, start, end) =>
              end - start < 32 ? undefined : { headerBytes: 32, ...codec.decodeAnswerHead(bytes, start) },
            frame: (head, payload) => {
              const whole = Buffer.concat([head, payload]).toString('hex');
              expect(codec.isIntact(head, 0, payload)).toBe(original.has(whole));
            },
          });
          calm(() => feed(reader, spoiled(Buffer.concat(sent), changes), piece + 1));
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('spoiled requests are told apart or refused by a server, whatever they are', () => {
  const any = fc.constantFrom(
    ...(['v1-24', 'v1-32', 'v2', 'v2-table'] as const).flatMap((one) => frames(one, 'request')),
  );
  fc.assert(
    fc.property(any, spoiling, ({ hex }, changes) => {
      const bytes = spoiled(fromHex(hex), changes);
      const told = detectRequest(bytes, 0, bytes.length);
      if (told !== undefined && 'answer' in told) expect(told.answer.length).toBeLessThan(200);
      else if (bytes.length >= 32) calm(() => codecFor(told!.protocol).decodeRequestHead(bytes, 0));
      const verdicts = Array.from({ length: bytes.length + 1 }, (_, end) => verdictOf(detectRequest(bytes, 0, end)));
      const first = verdicts.findIndex((verdict) => verdict !== 'more');
      // None comes after 32 bytes, and none is taken back when more is known.
      expect(first < 0 ? bytes.length : first).toBeLessThanOrEqual(32);
      if (first >= 0) expect(new Set(verdicts.slice(first)).size).toBe(1);
    }),
    { numRuns: 300 },
  );
});
