import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecFor } from '../../../../src/codecs/flo/codec-for.js';
import type { FloCodec, FloProtocol } from '../../../../src/codecs/flo/codec.js';

export type Fields = Readonly<Record<string, unknown>>;

/** One entry of `tests/vectors/flo.json`; 64-bit integers in it are decimal strings. */
export interface Vector {
  readonly name: string;
  readonly protocol: 'v1-24' | 'v1-32' | 'v2' | 'v2-table' | 'all';
  readonly direction: 'request' | 'response' | 'fragment';
  readonly input: Fields & { readonly call?: Fields; readonly namespace?: string; readonly operation?: string };
  readonly hex: string;
  readonly expect?: Fields & { readonly parsed?: unknown; readonly clientError?: Fields };
  readonly expectError?: Fields;
}

const file = join(__dirname, '../../../vectors/flo.json');

export const vectors: readonly Vector[] = (JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }).vectors;

export function vector(name: string): Vector {
  const found = vectors.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}

export function bytesOf(name: string): Uint8Array {
  return fromHex(vector(name).hex);
}

/** Whole frames of a generation in one direction, whatever their operation; malformed ones left out. */
export function frames(protocol: Vector['protocol'], direction: Vector['direction']): Vector[] {
  return vectors.filter((one) => {
    return one.protocol === protocol && one.direction === direction && !/^(malformed|fragment)\//.test(one.name);
  });
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

export function utf8(text: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(text), 'utf8'));
}

export const protocols: readonly FloProtocol[] = ['v1-32', 'v2-table'];

/** What stands behind the head. */
export function payloadOf(frame: Uint8Array, codec: FloCodec = codecFor('v1-32')): Uint8Array {
  return frame.subarray(codec.headerBytes);
}

/** A request id, as vectors write it. */
export function idOf(decimal: unknown): { low: number; high: number } {
  const id = BigInt(String(decimal));
  return { low: Number(id & 0xffff_ffffn), high: Number(id >> 32n) };
}
