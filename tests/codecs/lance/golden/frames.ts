import { ackFrame, backpressureFrame, ingestFrame, keepaliveFrame } from '../../../../src/codecs/lance/frames.js';
import { batchIdOf, decodeHeader, encodeHeader, Flag, timestampNsOf } from '../../../../src/codecs/lance/header.js';
import { decodeRecords, encodeRecords, TlvRecord } from '../../../../src/codecs/lance/tlv.js';
import { readFrame } from '../reading.js';
import { each, fromHex, hex, high, low, named, num, str, u64, type Check, type Input } from './vectors.js';

const USUAL_TIME = '1700000000000000000';

function headerFields(input: Input) {
  return {
    flags: num(input['flags']),
    batchIdLow: low(input['batchId']),
    batchIdHigh: high(input['batchId']),
    timestampLow: low(input['timestampNs']),
    timestampHigh: high(input['timestampNs']),
    recordCount: num(input['recordCount']),
    payloadLength: num(input['payloadLength']),
    payloadCrc: num(input['payloadCrc']),
    topicId: num(input['topicId']),
  };
}

const header: Check = ({ input, hex: bytes }) => {
  const fields = headerFields(input);
  const encoded = new Uint8Array(44);
  encodeHeader(encoded, 0, fields);
  const { kind: _, ...decoded } = decodeHeader(fromHex(bytes), 0);
  return { encoded: hex(encoded), decoded, fields };
};

/** The first twelve bytes of a header. */
const fragment: Check = ({ input, hex: bytes }) => {
  const encoded = new Uint8Array(44);
  encodeHeader(encoded, 0, { flags: num(input['flags']) });
  const whole = new Uint8Array(44);
  whole.set(fromHex(bytes));
  return {
    encoded: hex(encoded.subarray(0, 12)),
    decoded: decodeHeader(whole, 0).flags,
    fields: input['flags'],
  };
};

function recordsOf(input: Input): readonly TlvRecord[] | undefined {
  const template = input['recordValueTemplate'];
  if (typeof template === 'string') {
    return Array.from({ length: num(input['recordCount']) }, (_, i) => {
      return new TlvRecord(num(input['recordType']), fromHex(hex(Buffer.from(template.replace('{i}', String(i))))));
    });
  }
  const given = input['records'] as readonly { type: number; valueHex: string }[] | undefined;
  return given?.map(({ type, valueHex }) => new TlvRecord(type, fromHex(valueHex)));
}

const ingest: Check = ({ input, hex: bytes }) => {
  const records = recordsOf(input);
  const time = input['timestampNs'] ?? USUAL_TIME;
  const recordCount = records?.length ?? num(input['recordCount']);
  const flags = input['flags'] === undefined ? Flag.BatchMode : num(input['flags']);
  const topicId = num(input['topicId']);
  const payload = records === undefined ? fromHex(str(input['payloadHex'])) : encodeRecords(records);
  const encoded = ingestFrame(
    {
      topicId,
      batchIdLow: low(input['batchId']),
      batchIdHigh: high(input['batchId']),
      timestampMs: Number(u64(time) / 1_000_000n),
      recordCount,
      flags,
    },
    payload,
  );
  const read = readFrame(fromHex(bytes));
  return {
    encoded: hex(encoded),
    decoded: {
      kind: read.header.kind,
      flags: read.header.flags,
      topicId: read.header.topicId,
      recordCount: read.header.recordCount,
      batchId: batchIdOf(read.header),
      timestampNs: timestampNsOf(read.header),
      content: records === undefined ? hex(read.payload) : decodeRecords(new Uint8Array(read.payload)).records,
    },
    fields: {
      kind: 'ingest',
      flags,
      topicId,
      recordCount,
      batchId: u64(input['batchId']),
      timestampNs: u64(time),
      content: records ?? hex(payload),
    },
  };
};

function acked(id: 'batchId' | 'consumerId'): Check {
  return ({ input, hex: bytes }) => {
    const { header: read } = readFrame(fromHex(bytes));
    return {
      encoded: hex(ackFrame(low(input[id]), high(input[id]))),
      decoded: [read.kind, batchIdOf(read)],
      fields: ['ack', u64(input[id])],
    };
  };
}

function fixed(kind: string, frame: () => Uint8Array): Check {
  return ({ hex: bytes }) => ({ encoded: hex(frame()), decoded: readFrame(fromHex(bytes)).header.kind, fields: kind });
}

export const frameChecks: Readonly<Record<string, Check>> = {
  ...each(['header_all_zero_fields', 'header_ingest_fields', 'header_max_values'], header),
  ...each(named('header_crc_flags_'), fragment),
  ...each(['ingest_1_raw', 'ingest_3_records', 'ingest_100_records', 'ingest_default_topic_0'], ingest),
  ...each(['ingest_empty_value_record', 'ingest_batch_id_u64_max', 'ingest_opaque_rust_producer'], ingest),
  ...each(['ingest_no_flag_but_payload', 'ingest_empty_payload_never_acked'], ingest),
  ...each(['resp_ack', 'resp_ack_u64_max'], acked('batchId')),
  resp_unsubscribe_ack: acked('consumerId'),
  keepalive: fixed('keepalive', keepaliveFrame),
  resp_backpressure: fixed('backpressure', backpressureFrame),
};
