/** How values become the bytes of a record or message, and back. */
export interface PayloadCodec<T> {
  /** For errors and reports, such as `json` or `lz4(json)`. */
  readonly name: string;
  /** The Lance record type that marks such values; RawData (1) if left out. */
  readonly recordType?: number;
  /** Throws {@link PayloadError} if the value cannot be encoded. */
  encode(value: T): Uint8Array;
  /** `bytes` may be a view of a buffer that others use. Throws {@link PayloadError} if they cannot be decoded. */
  decode(bytes: Uint8Array): T;
}
