import { RecordType } from '../../../../src/codecs/lance/record-type.js';
import { TlvRecord } from '../../../../src/codecs/lance/tlv.js';
import { text, valueOf, withConsumer, withProducer, type Call, type Calls, type Scene } from '../call.js';

/** Sends a record and polls it back. */
async function through(scene: Scene, record: TlvRecord): Promise<TlvRecord> {
  await withProducer(scene, async (producer) => valueOf(producer.send(scene.id, record)));
  return withConsumer(scene, async (consumer) => {
    const result = await valueOf(consumer.poll());
    expect(result?.records).toHaveLength(1);
    return result!.records[0]!;
  });
}

const comesBackAs =
  (record: () => TlvRecord, type: number, value: string): Call =>
  async (scene) => {
    const back = await through(scene, record());
    expect([back.recordType, back.type, text(back.value)]).toEqual([type, type, value]);
  };

const bytes = Buffer.from('binary data');
const keyValue = (): TlvRecord => TlvRecord.keyValue('my-key', Buffer.from('my-value'));
const timestamped = (): TlvRecord => TlvRecord.timestamped(1_706_918_400_000_000_000n, Buffer.from('event data'));

const asKeyValue: Call = async (scene) => {
  const record = await through(scene, keyValue());
  expect(record.recordType).toBe(0x10);
  const { key, value } = record.asKeyValue();
  expect([key, text(value)]).toEqual(['my-key', 'my-value']);
};

const asTimestamped: Call = async (scene) => {
  const record = await through(scene, timestamped());
  expect(record.recordType).toBe(0x11);
  const { timestampNs, value } = record.asTimestamped();
  expect([timestampNs, text(value)]).toEqual([1_706_918_400_000_000_000n, 'event data']);
};

const raw = comesBackAs(() => TlvRecord.raw(bytes), RecordType.RawData, 'binary data');
const json = comesBackAs(() => TlvRecord.json(Buffer.from('{"key": "value"}')), RecordType.Json, '{"key": "value"}');
const none = comesBackAs(() => TlvRecord.null(), RecordType.Null, '');

export const recordCalls: Calls = {
  TlvRecord: comesBackAs(() => new TlvRecord(0x80, bytes), 0x80, 'binary data'),
  'TlvRecord.raw': raw,
  'TlvRecord.json': json,
  'TlvRecord.key_value': asKeyValue,
  'TlvRecord.timestamped': asTimestamped,
  'TlvRecord.null': none,
  'TlvRecord.as_key_value': asKeyValue,
  'TlvRecord.as_timestamped': asTimestamped,
  'TlvRecord.record_type': json,
  'TlvRecord.value': raw,
  'RecordType.RawData': raw,
  'RecordType.JSON': json,
  'RecordType.MessagePack': async (scene) => {
    const record = await through(scene, TlvRecord.messagePack({ k: 1 }));
    expect([record.recordType, Buffer.from(record.value).toString('hex')]).toEqual([
      RecordType.MessagePack,
      '81a16b01',
    ]);
  },
  'RecordType.KeyValue': asKeyValue,
  'RecordType.Timestamped': asTimestamped,
  'RecordType.Null': none,
};
