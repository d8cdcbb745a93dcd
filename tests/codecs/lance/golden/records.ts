import { decodeRecords, encodeRecords, TlvRecord } from '../../../../src/codecs/lance/tlv.js';
import { each, fromHex, hex, num, str, u64, type Check, type Input } from './vectors.js';

function value(input: Input): Uint8Array {
  return fromHex(str(input['valueHex']));
}

/** One record; `read` gives what is compared with `fields`. */
function record(
  make: (input: Input) => TlvRecord,
  read: (record: TlvRecord) => unknown = (one) => hex(one.value),
  fields: (input: Input) => unknown = (input) => input['valueHex'],
): Check {
  return ({ input, hex: bytes }) => {
    const { records, end } = decodeRecords(fromHex(bytes));
    return {
      encoded: hex(encodeRecords([make(input)])),
      decoded: [records.map((one) => [one.type, read(one)]), end],
      fields: [[[input['type'], fields(input)]], bytes.length / 2],
    };
  };
}

const opaque = record((input) => new TlvRecord(num(input['type']), value(input)));

const keyValue = record(
  (input) => TlvRecord.keyValue(str(input['key']), value(input)),
  (one) => ({ ...one.asKeyValue(), value: hex(one.asKeyValue().value) }),
  ({ key, valueHex }) => ({ key, value: valueHex }),
);

const sequence: Check = ({ input, hex: bytes }) => {
  const given = input['records'] as readonly { type: number; valueHex: string }[];
  const records = given.map(({ type, valueHex }) => new TlvRecord(type, fromHex(valueHex)));
  return {
    encoded: hex(encodeRecords(records)),
    decoded: decodeRecords(fromHex(bytes)),
    fields: { records, end: bytes.length / 2 },
  };
};

export const recordChecks: Readonly<Record<string, Check>> = {
  ...each(['tlv_reserved_00', 'tlv_protobuf', 'tlv_avro'], opaque),
  tlv_raw: record((input) => TlvRecord.raw(value(input))),
  tlv_json: record(() => TlvRecord.json({ k: 1 })),
  tlv_msgpack: record((input) => TlvRecord.messagePack(value(input))),
  tlv_user_defined_80: record((input) => TlvRecord.userDefined(num(input['type']), value(input))),
  tlv_null: record(() => TlvRecord.null()),
  ...each(['tlv_key_value', 'tlv_key_value_utf8_empty_value'], keyValue),
  tlv_timestamped: record(
    (input) => TlvRecord.timestamped(u64(input['timestampNs']), value(input)),
    (one) => ({ ...one.asTimestamped(), value: hex(one.asTimestamped().value) }),
    ({ timestampNs, valueHex }) => ({ timestampNs: u64(timestampNs), value: valueHex }),
  ),
  tlv_key_timestamped: record(
    (input) => TlvRecord.keyTimestamped(u64(input['timestampNs']), str(input['key']), value(input)),
    (one) => ({ ...one.asKeyTimestamped(), value: hex(one.asKeyTimestamped().value) }),
    ({ timestampNs, key, valueHex }) => ({ timestampNs: u64(timestampNs), key, value: valueHex }),
  ),
  ...each(['tlv_null_then_raw_ambiguity', 'tlv_sequence_spec_example'], sequence),
};
