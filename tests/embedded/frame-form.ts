import { crc32 } from 'node:zlib';
import type { Fragment, Frame, FrameForm, Place, Range } from './recording.js';

const HEADER_BYTES = 44;
const LENGTH_AT = 32;
const SIZE_FIELDS_END = 40;

export type Variables = Map<string, string | bigint>;

function formOf(frame: Frame): FrameForm {
  return typeof frame === 'string' ? { hex: frame } : frame;
}

function recorded({ hex, fill }: FrameForm): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  return fill === undefined ? bytes : Buffer.concat([bytes, Buffer.alloc(fill.count, Buffer.from(fill.byte, 'hex'))]);
}

function valueOf({ var: name, as, add = 0, at: [, length] }: Place, variables: Variables): Buffer {
  const value = variables.get(name);
  if (value === undefined) throw new Error(`the variable ${name} has not been captured`);
  if (as === 'text') return Buffer.from(String(value));
  const number = BigInt(value) + BigInt(add);
  if (as === 'dec') return Buffer.from(number.toString());
  const bytes = Buffer.alloc(length);
  if (as === 'u32') bytes.writeUInt32LE(Number(number));
  else bytes.writeBigUInt64LE(number);
  return bytes;
}

/** The bytes with every variable in its place. */
function substituted(bytes: Buffer, put: readonly Place[], variables: Variables): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const place of put.toSorted((a, b) => a.at[0] - b.at[0])) {
    const [offset, length] = place.at;
    parts.push(bytes.subarray(at, offset), valueOf(place, variables));
    at = offset + length;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

/** What is to be sent: length and checksum follow the payload if that is not the recorded one. */
export function toSend(frame: Frame, variables: Variables): Buffer {
  const form = formOf(frame);
  const original = recorded(form);
  const bytes = substituted(original, form.put ?? [], variables);
  const payload = bytes.subarray(HEADER_BYTES);
  if (bytes.length >= HEADER_BYTES && !payload.equals(original.subarray(HEADER_BYTES))) {
    bytes.writeUInt32LE(payload.length, LENGTH_AT);
    bytes.writeUInt32LE(crc32(payload), LENGTH_AT + 4);
  }
  return bytes;
}

/** Throws unless `actual` is the frame that was recorded; reads the variables that are captured in it. */
export function compare(actual: Buffer, frame: Frame, variables: Variables): void {
  const form = formOf(frame);
  const original = recorded(form);
  const payload = actual.subarray(HEADER_BYTES);
  const differs = !payload.equals(original.subarray(HEADER_BYTES));
  if (differs && crc32(payload) !== actual.readUInt32LE(LENGTH_AT + 4))
    throw mismatch('payload checksum', actual, original);
  const sizes: Range[] = differs ? [[LENGTH_AT, SIZE_FIELDS_END - LENGTH_AT]] : [];
  if (form.contains ?? form.lacks ?? form.starts ?? form.ends) {
    walk(
      actual.subarray(0, HEADER_BYTES),
      original.subarray(0, HEADER_BYTES),
      { ...form, capture: [], put: [], mask: sizes },
      variables,
    );
    compareFragments(payload.toString('hex'), form, variables);
  } else {
    walk(actual, original, { ...form, mask: [...(form.mask ?? []), ...sizes] }, variables);
  }
}

function compareFragments(payload: string, form: FrameForm, variables: Variables): void {
  const hexOf = (fragment: string | Fragment): string =>
    typeof fragment === 'string'
      ? fragment
      : substituted(Buffer.from(fragment.hex, 'hex'), fragment.put ?? [], variables).toString('hex');
  const need = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`payload ${payload}: ${what}`);
  };
  need(payload.startsWith(form.starts ?? ''), `must start with ${form.starts}`);
  need(payload.endsWith(form.ends ?? ''), `must end with ${form.ends}`);
  for (const fragment of form.contains ?? [])
    need(payload.includes(hexOf(fragment)), `must contain ${hexOf(fragment)}`);
  for (const fragment of form.lacks ?? [])
    need(!payload.includes(hexOf(fragment)), `must not contain ${hexOf(fragment)}`);
}

/** Walks both side by side: what stands in a place may be longer or shorter than recorded. */
function walk(actual: Buffer, original: Buffer, form: FrameForm, variables: Variables): void {
  let from = 0;
  let to = 0;
  const literal = (until: number): void => {
    const expected = original.subarray(from, until);
    if (!actual.subarray(to, to + expected.length).equals(expected))
      throw mismatch(`bytes from ${to} on`, actual, original);
    to += expected.length;
    from = until;
  };
  const specials = [
    ...(form.put ?? []).map((place) => ({
      at: place.at,
      length: () => expectValue(actual, to, valueOf(place, variables)),
    })),
    ...(form.capture ?? []).map((place) => ({ at: place.at, length: () => capture(actual, to, place, variables) })),
    ...(form.mask ?? []).map((range) => ({ at: range, length: () => range[1] })),
  ];
  for (const { at, length } of specials.toSorted((a, b) => a.at[0] - b.at[0])) {
    literal(at[0]);
    to += length();
    from = at[0] + at[1];
  }
  literal(original.length);
  if (to !== actual.length) throw mismatch(`length ${actual.length}`, actual, original);
}

function expectValue(actual: Buffer, at: number, value: Buffer): number {
  if (!actual.subarray(at, at + value.length).equals(value)) throw mismatch(`variable at ${at}`, actual, value);
  return value.length;
}

function capture(actual: Buffer, at: number, { var: name, as }: Place, variables: Variables): number {
  if (as === 'u32') variables.set(name, BigInt(actual.readUInt32LE(at)));
  else if (as === 'u64') variables.set(name, actual.readBigUInt64LE(at));
  else {
    const digits = /^\d+/.exec(actual.toString('latin1', at))?.[0];
    if (digits === undefined) throw new Error(`no digits at ${at} of ${actual.toString('hex')}`);
    variables.set(name, BigInt(digits));
    return digits.length;
  }
  return as === 'u32' ? 4 : 8;
}

function mismatch(what: string, actual: Buffer, expected: Buffer): Error {
  return new Error(`${what}: got ${show(actual)}, expected ${show(expected)}`);
}

function show(bytes: Buffer): string {
  return bytes.length > 400 ? `${bytes.toString('hex', 0, 200)}… (${bytes.length} bytes)` : bytes.toString('hex');
}
