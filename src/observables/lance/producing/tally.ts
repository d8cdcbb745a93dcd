import { clock } from '../../../foundation/clock.js';
import type { Parcel } from './parcel.js';

/** What a producer has done so far, and what it has at hand. */
export interface ProducerMetrics {
  /** Acknowledged. */
  readonly records: number;
  /** Acknowledged, of payload: with record headers, before compression. */
  readonly bytes: number;
  /** Frames sent, those sent again included. */
  readonly batches: number;
  /** Frames sent again after a connection broke. */
  readonly retries: number;
  /** Batches acknowledged. */
  readonly acks: number;
  /** Batches that failed. */
  readonly errors: number;
  /** Records of batches that failed. */
  readonly failedRecords: number;
  /** Calls that were refused because `bufferBytes` were waiting. */
  readonly refused: number;
  /** How often records had to wait because the socket or the server asked for it. */
  readonly waits: number;
  /** For how long altogether, in milliseconds. */
  readonly waitedMs: number;
  /** Records that wait or are unacknowledged now. */
  readonly bufferedRecords: number;
  /** Their bytes. */
  readonly bufferedBytes: number;
  /** Batches that are unacknowledged now. */
  readonly inFlight: number;
}

/** Counts what an outbox does. */
export class Tally {
  private records = 0;
  private bytes = 0;
  private batches = 0;
  private retries = 0;
  private acks = 0;
  private errors = 0;
  private failedRecords = 0;
  private waits = 0;
  private waitedMs = 0;
  private waitingSinceMs: number | undefined;
  refused = 0;

  sent({ sent }: Parcel): void {
    this.batches++;
    if (sent > 1) this.retries++;
  }

  acked(parcel: Parcel): void {
    this.acks++;
    this.records += parcel.records;
    this.bytes += parcel.bytes;
  }

  failed(parcel: Parcel): void {
    this.errors++;
    this.failedRecords += parcel.records;
  }

  /** Whether records wait because the socket or the server asked for it. */
  wait(isWaiting: boolean): void {
    if (isWaiting === (this.waitingSinceMs !== undefined)) return;
    if (this.waitingSinceMs === undefined) {
      this.waits++;
      this.waitingSinceMs = clock.now();
    } else {
      this.waitedMs += clock.now() - this.waitingSinceMs;
      this.waitingSinceMs = undefined;
    }
  }

  read(): Omit<ProducerMetrics, 'bufferedRecords' | 'bufferedBytes' | 'inFlight'> {
    const { records, bytes, batches, retries, acks, errors, failedRecords, refused, waits, waitingSinceMs } = this;
    const waitedMs = this.waitedMs + (waitingSinceMs === undefined ? 0 : clock.now() - waitingSinceMs);
    return { records, bytes, batches, retries, acks, errors, failedRecords, refused, waits, waitedMs };
  }
}
