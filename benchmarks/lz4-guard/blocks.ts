import { lz4, raw, type PayloadCodec } from 'sluice';

/** Log lines as JSON: 126 KB, which make a block of 33 KB. */
export function honestBlock(codec: PayloadCodec<Uint8Array>): Uint8Array {
  const lines = Array.from({ length: 1600 }, (_, at) =>
    JSON.stringify({
      at: 1_700_000_000_000 + at * 37,
      level: at % 7 === 0 ? 'warn' : 'info',
      user: (at * 7919) % 1009,
      path: `/api/items/${at % 97}`,
      ms: (at * 31) % 400,
    }),
  );
  return codec.encode(Buffer.from(lines.join('\n')));
}

/** Sizes that unguarded native code would believe, in front of a few honest bytes, of none, and of a whole block. */
export function hostileBlocks(block: Uint8Array): Uint8Array[] {
  const announced = [0xffff_ffff, 0x8000_0000, 0x4000_0000, 0x1000_0000, 0x0100_0001];
  const bodies = [block.subarray(4, 64), block.subarray(4)];
  return announced.flatMap((size) => bodies.map((body) => withPrefix(size, body)));
}

function withPrefix(size: number, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeUInt32LE(size);
  bytes.set(body, 4);
  return bytes;
}

export const guarded = (): PayloadCodec<Uint8Array> => lz4(raw());
