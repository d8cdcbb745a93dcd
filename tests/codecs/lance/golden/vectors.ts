import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Fields by name; every check knows which its vectors have. */
export type Input = Readonly<Record<string, unknown>>;

/** One entry of `tests/vectors/lance.json`; 64-bit integers in `input` are decimal strings. */
export interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly direction: 'client-to-server' | 'server-to-client' | 'either';
  readonly input: Input;
  readonly hex: string;
  readonly length: number;
  readonly expect?: Input;
}

const file = join(__dirname, '../../../vectors/lance.json');

export const vectors: readonly Vector[] = (JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }).vectors;

export function vector(name: string): Vector {
  const found = vectors.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}

export function bytesOf(name: string): Uint8Array {
  return fromHex(vector(name).hex);
}

/** A plain Uint8Array in memory of its own. */
export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/**
 * What became of one vector both ways: `encoded` from its input must be its hex; `decoded` from its hex must be
 * `fields`, which come from its input.
 */
export interface Outcome {
  readonly encoded: string;
  readonly decoded: unknown;
  readonly fields: unknown;
}

export type Check = (vector: Vector) => Outcome;

/** The same check for several vectors. */
export function each(names: readonly string[], check: Check): Record<string, Check> {
  return Object.fromEntries(names.map((name) => [name, check]));
}

/** The names of all vectors that begin so. */
export function named(prefix: string): string[] {
  return vectors.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name);
}

export function u64(of: unknown): bigint {
  return of === undefined ? 0n : BigInt(of as string | number);
}

export function num(of: unknown): number {
  return Number(of ?? 0);
}

export function str(of: unknown): string {
  if (typeof of !== 'string') throw new TypeError('not a string');
  return of;
}

export function low(of: unknown): number {
  return Number(u64(of) & 0xffff_ffffn);
}

export function high(of: unknown): number {
  return Number(u64(of) >> 32n);
}
