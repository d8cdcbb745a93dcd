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
  /**
   * For codecs that expand, such as `lz4(…)`: how many bytes `decode` is going to make of these, as they declare; 0 if it
   * will refuse them. Streams count that in their windows before anything is decoded. It is asked of each value, so it
   * must be cheap, and must not throw.
   */
  expandedBytes?(bytes: Uint8Array): number;
}
