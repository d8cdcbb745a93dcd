import fc from 'fast-check';
import { fetchResponse } from '../../src/codecs/lance/replies.js';
import { fetchReply } from '../../src/embedded/lance/fetch-reply.js';

it('has the same bytes, whatever it is put together from', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 40_000 })), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(sizes, fc.nat(), (lengths, nextOffset) => {
      const slices = lengths.map((length, i) => new Uint8Array(length).fill(i));
      const data = Buffer.concat(slices);
      const reply = fetchReply(nextOffset, data.length, slices);
      const frame = reply instanceof Uint8Array ? reply : Buffer.concat(reply);
      expect(Buffer.compare(frame, fetchResponse(nextOffset, data))).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it('is one piece if it is small, or in too many pieces', () => {
  expect(fetchReply(1, 16_384, [new Uint8Array(16_384)])).toBeInstanceOf(Uint8Array);
  expect(fetchReply(1, 16_385, [new Uint8Array(16_385)])).toHaveLength(2);
  const many = Array.from({ length: 65 }, () => new Uint8Array(1000));
  expect(fetchReply(1, 65_000, many)).toBeInstanceOf(Uint8Array);
});

it('is never a copy of large pieces, however many they are: a client may ask for 4 GiB', () => {
  const piece = new Uint8Array(16_384);
  const reply = fetchReply(
    1,
    1000 * piece.length,
    Array.from({ length: 1000 }, () => piece),
  );
  expect(reply).toHaveLength(1001);
  expect(reply[1000]).toBe(piece);
});
