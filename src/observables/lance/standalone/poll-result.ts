import { decodeRecords, type TlvRecord } from '../../../codecs/lance/tlv.js';

/**
 * What one poll has brought: whole records, in the order of the topic.
 *
 * @example
 * const describe = ({ records, endOffset, lag }: PollResult) => `${records.length} up to ${endOffset}, ${lag} to go`;
 */
export class PollResult {
  /** The records as they are on the wire, from `startOffset` to `endOffset`. */
  readonly data: Uint8Array;
  /** Where the first record starts in the topic, in bytes. */
  readonly startOffset: bigint;
  /** Where the last record ends: the position that `commit` stores now. */
  readonly endOffset: bigint;
  /** How many bytes the topic went on for behind `endOffset` when the server was asked; 0 at its end (lance.md 7.11). */
  readonly lag: bigint;
  private decoded: readonly TlvRecord[] | undefined;

  /** @internal */
  constructor(data: Uint8Array, start: number, lag: number) {
    this.data = data;
    this.startOffset = BigInt(start);
    this.endOffset = BigInt(start + data.length);
    this.lag = BigInt(lag);
  }

  /** Each with its type and its value, a view of `data`. */
  get records(): readonly TlvRecord[] {
    // Whole records that were found to be so before: no limit is needed.
    this.decoded ??= decodeRecords(this.data, 2 ** 31 - 1).records;
    return this.decoded;
  }

  /** Whether these records reach the end of the topic's data. */
  get endOfStream(): boolean {
    return this.lag === 0n;
  }
}
