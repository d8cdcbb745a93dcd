import { integerIn } from '../../foundation/check.js';
import { answerReader, emptyAnswer } from './answers.js';
import { BodyWriter } from './body-writer.js';
import { atMost, checkWait, given, name, namespaceBytes, oneOf, u64 } from './checks.js';
import type { FloCodec, FloCodecOptions, Operation } from './codec.js';
import { MAX_OPTION_BYTES, MAX_VALUE_BYTES } from './limits.js';
import { Opcode } from './opcodes.js';
import type {
  KvDeleteAnswer,
  KvDeleteRequest,
  KvGetRequest,
  KvPutAnswer,
  KvPutRequest,
  KvVersioned,
} from './operations.js';
import { OptionsWriter, Tag, type OptionsReader } from './options.js';
import { decodePayload, encodePayload, malformed, noSuchTransaction } from './request-payload.js';

const EMPTY = new Uint8Array(0);
const CONDITIONS = ['always', 'ifAbsent', 'ifPresent', 'never'] as const;

/** KV as `v1-32` has it: options, and answers without lengths (flo.md 4.2). */
export function kvV132({ ttlUnit = 'ms' }: FloCodecOptions): FloCodec['kv'] {
  return { get, put: put(ttlUnit), delete: remove };
}

const get: Operation<KvGetRequest, KvVersioned> = {
  name: 'kv.get',
  opcode: Opcode.KvGet,
  taking: false,
  encodeRequest(namespace, { key, waitMs, waitFor = 'exists', routingKey }) {
    checkWait(waitMs, waitFor);
    const options = new OptionsWriter()
      .u32(waitFor === 'exists' ? Tag.BlockMs : Tag.WaitMs, waitMs)
      .bytes(Tag.RoutingKey, checkedRoutingKey(routingKey));
    return encodePayload(namespaceBytes(namespace), name('key', key), EMPTY, options.done());
  },
  decodeRequest(payload) {
    const { namespace, key, options } = decodePayload(payload);
    const changeMs = options.u32(Tag.WaitMs);
    const existsMs = options.u32(Tag.BlockMs);
    const wait =
      changeMs !== undefined
        ? { waitMs: changeMs, waitFor: 'change' as const }
        : existsMs !== undefined
          ? { waitMs: existsMs, waitFor: 'exists' as const }
          : {};
    return { namespace, request: { key, ...wait, ...routing(options) } };
  },
  encodeAnswer: ({ version, value }) => new BodyWriter(8 + value.length).u64(version).bytes(value).done(),
  decodeAnswer(body) {
    const reader = answerReader('kv.get', body);
    return { version: reader.u64('version'), value: reader.rest() };
  },
};

function put(ttlUnit: 's' | 'ms'): Operation<KvPutRequest, KvPutAnswer> {
  return {
    name: 'kv.put',
    opcode: Opcode.KvPut,
    taking: false,
    encodeRequest(namespace, { key, value, ttlMs, casVersion, condition, routingKey }) {
      given(condition, (one) => oneOf('condition', one, CONDITIONS));
      given(ttlMs, (ms) => integerIn('ttlMs', ms, 0, Number.MAX_SAFE_INTEGER));
      const options = new OptionsWriter()
        .smallU64(Tag.Ttl, ttlMs === undefined || ttlMs === 0 ? undefined : toUnit(ttlMs, ttlUnit))
        .u64(
          Tag.CasVersion,
          given(casVersion, (version) => u64('casVersion', version)),
        )
        .flag(Tag.IfNotExists, condition === 'ifAbsent' || condition === 'never')
        .flag(Tag.IfExists, condition === 'ifPresent' || condition === 'never')
        .bytes(Tag.RoutingKey, checkedRoutingKey(routingKey));
      const checked = atMost('value', value, MAX_VALUE_BYTES);
      return encodePayload(namespaceBytes(namespace), name('key', key), checked, options.done());
    },
    decodeRequest(payload) {
      const { namespace, key, value, options } = decodePayload(payload);
      refuseMisshapen(options, Tag.Ttl, 8, 'ttl');
      refuseMisshapen(options, Tag.IfNotExists, 0, 'if_not_exists');
      refuseMisshapen(options, Tag.IfExists, 0, 'if_exists');
      const ttl = options.clampedU64(Tag.Ttl) ?? 0;
      const condition = conditionOf(options.flag(Tag.IfNotExists), options.flag(Tag.IfExists));
      const request = {
        key,
        value,
        ...(ttl === 0 ? {} : { ttlMs: fromUnit(ttl, ttlUnit) }),
        ...cas(options),
        ...(condition === undefined ? {} : { condition }),
        ...routing(options),
      };
      return { namespace, request };
    },
    encodeAnswer: ({ version }) => (version === undefined ? emptyAnswer() : new BodyWriter(8).u64(version).done()),
    decodeAnswer(body) {
      // Old servers do not tell the version.
      return { version: body.length === 0 ? undefined : answerReader('kv.put', body).u64('version') };
    },
  };
}

/** That there was nothing to delete is a refusal here, so an answer always means that there was. */
const remove: Operation<KvDeleteRequest, KvDeleteAnswer> = {
  name: 'kv.delete',
  opcode: Opcode.KvDelete,
  taking: false,
  encodeRequest(namespace, { key, casVersion, routingKey }) {
    const options = new OptionsWriter()
      .u64(
        Tag.CasVersion,
        given(casVersion, (version) => u64('casVersion', version)),
      )
      .bytes(Tag.RoutingKey, checkedRoutingKey(routingKey));
    return encodePayload(namespaceBytes(namespace), name('key', key), EMPTY, options.done());
  },
  decodeRequest(payload) {
    const { namespace, key, options } = decodePayload(payload);
    return { namespace, request: { key, ...cas(options), ...routing(options) } };
  },
  encodeAnswer: emptyAnswer,
  decodeAnswer: () => ({ existed: true }),
};

/** Rounded up: what is kept a little too long does less harm than what is gone too early. */
function toUnit(ttlMs: number, unit: 's' | 'ms'): number {
  return unit === 's' ? Math.ceil(ttlMs / 1000) : ttlMs;
}

function fromUnit(ttl: number, unit: 's' | 'ms'): number {
  return unit === 's' ? Math.min(ttl * 1000, Number.MAX_SAFE_INTEGER) : ttl;
}

function checkedRoutingKey(routingKey: Uint8Array | undefined): Uint8Array | undefined {
  return given(routingKey, (bytes) => atMost('routingKey', bytes, MAX_OPTION_BYTES));
}

function conditionOf(ifAbsent: boolean, ifPresent: boolean): KvPutRequest['condition'] {
  if (ifAbsent) return ifPresent ? 'never' : 'ifAbsent';
  return ifPresent ? 'ifPresent' : undefined;
}

function cas(options: OptionsReader): { readonly casVersion?: bigint } {
  refuseMisshapen(options, Tag.CasVersion, 8, 'cas_version');
  const casVersion = options.u64(Tag.CasVersion);
  return casVersion === undefined ? {} : { casVersion };
}

function routing(options: OptionsReader): { readonly routingKey?: Uint8Array } {
  if (options.u64(Tag.TransactionId) !== undefined) throw noSuchTransaction();
  const routingKey = options.bytes(Tag.RoutingKey);
  return routingKey === undefined ? {} : { routingKey };
}

/** A condition that can't be read must not be taken for none. */
function refuseMisshapen(options: OptionsReader, tag: Tag, width: number, field: string): void {
  if (options.isMisshapen(tag, width)) throw malformed(`${field}: ${width} bytes expected`);
}
