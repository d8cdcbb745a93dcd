/** Type codes of records, named as in the specification and the Python client; others have other names (lance.md 3.2). */
export const RecordType = {
  RawData: 0x01,
  Json: 0x02,
  MessagePack: 0x03,
  Protobuf: 0x04,
  Avro: 0x05,
  KeyValue: 0x10,
  Timestamped: 0x11,
  KeyTimestamped: 0x12,
  /** From here to 0xFE the codes are free for users. */
  UserDefined: 0x80,
  /** A record of no bytes. A real server cuts off what follows one after a crash: use a KeyValue without value (lance.md 3.4). */
  Null: 0xff,
} as const;

export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** Type and length of a record, in front of its value (lance.md 3.1). */
export const RECORD_HEADER_BYTES = 5;
/** The longest value that readers accept: 16 MiB. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;
