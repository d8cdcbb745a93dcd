import { addRecord, emptyDigest, type Digest } from './digest.js';

/** The topic repeats after twelve windows of a mebibyte, so no window is served from a warm cache line of the last one. */
export const PERIOD_BYTES = 12 << 20;
export const RECORD_TYPE = 0x01;

const TLV_HEADER_BYTES = 5;

/** What a topic is made of; everything else is computed. */
export interface TopicPlan {
  readonly name: string;
  readonly id: number;
  /** Bytes of one value; the last record of each period is longer, to fill it. */
  readonly recordBytes: number;
  /**
   * Fetches of this many bytes, of which a period is a multiple, end with a record: the last one before each multiple is
   * longer. Without it they cut records.
   */
  readonly alignedTo?: number;
  /** How long an answer to a fetch is held back, in milliseconds. */
  readonly delayMs?: number;
  /** About how long the topic is; rounded down to whole records. Leave out for a topic without end. */
  readonly totalBytes?: number;
}

/**
 * An append-only byte string of records that is never stored: twelve mebibytes of noise, repeated.
 * Cuts fall in the middle of records, as on a real server, because no record length divides a mebibyte.
 */
export class SyntheticTopic {
  readonly name: string;
  readonly id: number;
  /** Where the topic ends: a record boundary. */
  readonly end: number;
  private readonly stride: number;
  /** The last record of each block fills it. */
  private readonly block: number;
  private readonly perBlock: number;
  private readonly perPeriod: number;
  private readonly period: Buffer;

  constructor(plan: TopicPlan) {
    this.name = plan.name;
    this.id = plan.id;
    this.stride = plan.recordBytes + TLV_HEADER_BYTES;
    this.block = plan.alignedTo ?? PERIOD_BYTES;
    this.perBlock = Math.floor(this.block / this.stride);
    this.perPeriod = this.perBlock * (PERIOD_BYTES / this.block);
    this.period = noise(PERIOD_BYTES, plan.recordBytes);
    for (let index = 0; index < this.perPeriod; index++) {
      const at = this.startOf(index);
      this.period[at] = RECORD_TYPE;
      this.period.writeUInt32LE(this.lengthOf(index), at + 1);
    }
    this.end = plan.totalBytes === undefined ? Number.MAX_SAFE_INTEGER : this.boundaryBefore(plan.totalBytes);
  }

  /** Copies `length` bytes from `position` into `target`. */
  copy(position: number, length: number, target: Buffer, at: number): void {
    let from = position % PERIOD_BYTES;
    for (let done = 0; done < length; from = 0) {
      const step = Math.min(length - done, PERIOD_BYTES - from);
      this.period.copy(target, at + done, from, from + step);
      done += step;
    }
  }

  /** What a reader of the first `records` records must have seen. */
  digest(records: number): Digest {
    const digest = emptyDigest();
    for (let record = 0; record < records; record++) addRecord(digest, RECORD_TYPE, this.value(record));
    return digest;
  }

  /** The value of a record; a view. */
  value(record: number): Uint8Array {
    const index = record % this.perPeriod;
    const at = this.startOf(index) + TLV_HEADER_BYTES;
    return this.period.subarray(at, at + this.lengthOf(index));
  }

  private startOf(index: number): number {
    return Math.floor(index / this.perBlock) * this.block + (index % this.perBlock) * this.stride;
  }

  private lengthOf(index: number): number {
    const isLast = index % this.perBlock === this.perBlock - 1;
    return (isLast ? this.block - (this.perBlock - 1) * this.stride : this.stride) - TLV_HEADER_BYTES;
  }

  private boundaryBefore(bytes: number): number {
    const blocks = Math.floor(bytes / this.block);
    const records = Math.min(Math.floor((bytes % this.block) / this.stride), this.perBlock - 1);
    return blocks * this.block + records * this.stride;
  }
}

function noise(bytes: number, seed: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  let state = seed + 0x9e3779b9;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer);
}
