import { integerIn } from '../../foundation/check.js';
import { answerReader } from './answers.js';
import type { BodyReader } from './body-reader.js';
import { BodyWriter } from './body-writer.js';
import { atMost, checkWait, given, name, namespaceBytes, notSupported, oneOf, u64, WAIT_FOR } from './checks.js';
import type { FloCodec, Operation } from './codec.js';
import { BadRequestError } from './errors.js';
import { MAX_ROUTING_KEY_BYTES, MAX_TABLE_TTL_MS, MAX_TABLE_VALUE_BYTES } from './limits.js';
import { Opcode } from './opcodes.js';
import type {
  KvDeleteAnswer,
  KvDeleteRequest,
  KvGetRequest,
  KvPutAnswer,
  KvPutRequest,
  KvVersioned,
} from './operations.js';
import { decodeSchemaPayload, noSuchTransaction } from './request-payload.js';

/** What every request of this file ends with: the routing key, and the transaction that it does not belong to. */
interface Routed {
  readonly routingKey?: Uint8Array;
}

const CONDITIONS = ['always', 'ifAbsent', 'ifPresent'] as const;

const get: Operation<KvGetRequest, KvVersioned> = {
  name: 'kv.get',
  opcode: Opcode.KvGet,
  taking: false,
  encodeRequest(namespace, { key, waitMs, waitFor = 'exists', routingKey }) {
    checkWait(waitMs, waitFor);
    // Both are always present, as are all fields that have a default.
    return start(namespace, key, 9 + 2, routingKey, (body) => {
      body
        .u8(1)
        .smallU64(waitMs ?? 0)
        .u8(1)
        .u8(WAIT_FOR.indexOf(waitFor));
    });
  },
  decodeRequest: (payload) =>
    decode(payload, (key, body) => {
      const waitMs = body.optional('wait_ms', (field) => body.clampedU64(field)) ?? 0;
      const waitFor = coded(WAIT_FOR, body, 'wait_for') ?? 'exists';
      return waitMs === 0 ? { key } : { key, waitMs, waitFor };
    }),
  encodeAnswer: ({ version, value }) => new BodyWriter(12 + value.length).u64(version).str32(value).done(),
  decodeAnswer(body) {
    const reader = answerReader('kv.get', body);
    const answer = { version: reader.u64('version'), value: reader.str32('value') };
    reader.end();
    return answer;
  },
};

const put: Operation<KvPutRequest, KvPutAnswer> = {
  name: 'kv.put',
  opcode: Opcode.KvPut,
  taking: false,
  encodeRequest(namespace, { key, value, ttlMs = 0, casVersion, condition = 'always', routingKey }) {
    integerIn('ttlMs', ttlMs, 0, MAX_TABLE_TTL_MS);
    if (condition === 'never') throw notSupported('condition never', 'v2-table');
    oneOf('condition', condition, CONDITIONS);
    given(casVersion, (version) => u64('casVersion', version));
    atMost('value', value, MAX_TABLE_VALUE_BYTES);
    const length = 4 + value.length + optionalBytes(ttlMs > 0, 8) + 2 + optionalBytes(casVersion !== undefined, 8);
    return start(namespace, key, length, routingKey, (body) => {
      body.str32(value);
      if (ttlMs > 0) body.u8(1).smallU64(ttlMs);
      else body.u8(0);
      body.u8(1).u8(CONDITIONS.indexOf(condition));
      writeOptionalU64(body, casVersion);
    });
  },
  decodeRequest: (payload) =>
    decode(payload, (key, body) => {
      const value = body.str32('value');
      const ttlMs = body.optional('ttl_ms', (field) => body.clampedU64(field)) ?? 0;
      const condition = coded(CONDITIONS, body, 'condition') ?? 'always';
      return {
        key,
        value,
        ...(ttlMs === 0 ? {} : { ttlMs }),
        ...(condition === 'always' ? {} : { condition }),
        ...cas(body),
      };
    }),
  encodeAnswer: ({ version }) => {
    const body = new BodyWriter(optionalBytes(version !== undefined, 8));
    writeOptionalU64(body, version);
    return body.done();
  },
  decodeAnswer(body) {
    const reader = answerReader('kv.put', body);
    const version = reader.optional('version', (field) => reader.u64(field));
    reader.end();
    return { version };
  },
};

const remove: Operation<KvDeleteRequest, KvDeleteAnswer> = {
  name: 'kv.delete',
  opcode: Opcode.KvDelete,
  taking: false,
  encodeRequest(namespace, { key, casVersion, routingKey }) {
    given(casVersion, (version) => u64('casVersion', version));
    return start(namespace, key, optionalBytes(casVersion !== undefined, 8), routingKey, (body) => {
      writeOptionalU64(body, casVersion);
    });
  },
  decodeRequest: (payload) => decode(payload, (key, body) => ({ key, ...cas(body) })),
  encodeAnswer: ({ existed }) =>
    new BodyWriter(2)
      .u8(1)
      .u8(existed ? 1 : 0)
      .done(),
  decodeAnswer(body) {
    const reader = answerReader('kv.delete', body);
    // Left out inside a transaction only, and none is ever begun here: then it can't be told, and the key is gone.
    const existed = reader.optional('existed', (field) => reader.flag(field)) ?? true;
    reader.end();
    return { existed };
  },
};

/** KV as `v2-table` has it: coded by schema, and to be read to the last byte (flo.md 4.10). */
export const kvV2Table: FloCodec['kv'] = { get, put, delete: remove };

/** A payload whose body is `length` bytes, written by `write`, and what all bodies end with. */
function start(
  namespace: string,
  key: Uint8Array,
  length: number,
  routingKey: Uint8Array | undefined,
  write: (body: BodyWriter) => void,
): Uint8Array {
  const space = namespaceBytes(namespace);
  name('key', key);
  given(routingKey, (bytes) => atMost('routingKey', bytes, MAX_ROUTING_KEY_BYTES));
  const tail = routingKey === undefined ? 2 : 4 + routingKey.length;
  const body = new BodyWriter(4 + space.length + key.length + length + tail).str16(space).str16(key);
  write(body);
  if (routingKey === undefined) body.u8(0);
  else body.u8(1).str16(routingKey);
  return body.u8(0).done();
}

function decode<Q>(
  payload: Uint8Array,
  read: (key: Uint8Array, body: BodyReader) => Q,
): { readonly namespace: string; readonly request: Q & Routed } {
  const { namespace, key, body } = decodeSchemaPayload(payload);
  const request = read(key, body);
  const routingKey = body.optional('routing_key', (field) => body.str16(field));
  const transaction = body.optional('txn', (field) => body.u64(field));
  body.end();
  if (transaction !== undefined) throw noSuchTransaction();
  return { namespace, request: { ...request, ...(routingKey === undefined ? {} : { routingKey }) } };
}

function cas(body: BodyReader): { readonly casVersion?: bigint } {
  const casVersion = body.optional('cas_version', (field) => body.u64(field));
  return casVersion === undefined ? {} : { casVersion };
}

function coded<T>(values: readonly T[], body: BodyReader, field: string): T | undefined {
  const code = body.optional(field, (field) => body.u8(field));
  if (code === undefined) return undefined;
  const value = values[code];
  if (value !== undefined) return value;
  throw new BadRequestError(`${field}: ${code} is unknown`, { reason: 'out_of_range', ran: 'no' });
}

function optionalBytes(present: boolean, bytes: number): number {
  return present ? 1 + bytes : 1;
}

function writeOptionalU64(body: BodyWriter, value: bigint | undefined): void {
  if (value === undefined) body.u8(0);
  else body.u8(1).u64(value);
}
