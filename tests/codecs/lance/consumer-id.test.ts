import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consumerId } from '../../../src/codecs/lance/consumer-id.js';

interface Vector {
  readonly name: string;
  readonly input: { readonly [key: string]: string };
  readonly hex: string;
}

const file = join(__dirname, '../../vectors/lance.json');
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
const hashes = vectors.filter(({ name }) => name.startsWith('consumer_id_'));

describe('consumerId', () => {
  it('has vectors', () => expect(hashes.length).toBe(8));

  it.each(hashes)('$name', ({ input, hex }) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(consumerId(input['name'] ?? input['text'] ?? ''));
    expect(bytes.toString('hex')).toBe(hex);
  });
});
