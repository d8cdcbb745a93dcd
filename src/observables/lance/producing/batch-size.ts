import { clock } from '../../../foundation/clock.js';
import type { Parcel } from './parcel.js';
import type { ProducerPlan } from './producer-options.js';

/** An ack that takes as long is not one of a server that just takes what comes: it waits for more, or for a disk. */
const SLOW_MS = 4;
/** Over such a line a batch eight times as large might not arrive before its time is up. */
const TOO_SLOW_MS = 1000;
/** Where records have less time: it has to do for eight times as long, and for what they wait before. */
const TIMES_SLOWER = 2 * 8;
/** Two batches are in flight at a time: as many in a row are more than a moment in which somebody had no CPU. */
const SLOW_ACKS = 8;

/**
 * How large a batch becomes. A server with a disk takes large batches three times as fast as small ones (lance.md 16.5);
 * to one that is faster than that, they only mean memory that no cache holds. So they begin small, and are large as long
 * as the connection lasts once its server has been seen to take its time.
 */
export class BatchSize {
  /** The largest payload, in bytes, of batches that begin now. */
  bytes: number;
  private slowAcks = 0;
  private readonly tooSlowMs: number;

  constructor(private readonly plan: ProducerPlan) {
    this.bytes = plan.firstBatchSize;
    this.tooSlowMs = Math.min(TOO_SLOW_MS, plan.deliveryTimeoutMs / TIMES_SLOWER);
  }

  /** A source that can wait is taken from only while less than this is buffered. */
  get aheadBytes(): number {
    const { plan, bytes } = this;
    const inFlightBytes = plan.isBounded ? plan.maxPendingAcks * bytes : Math.max(2 * bytes, plan.pipelineBytes);
    // One batch more than may be in flight keeps the line busy; the rest stays in the source.
    return Math.min(inFlightBytes + bytes, plan.bufferBytes);
  }

  /** The next connection may be to another server, or over another line. */
  beginAnew(): void {
    this.bytes = this.plan.firstBatchSize;
    this.slowAcks = 0;
  }

  /** A batch is about to be sent. */
  sent(parcel: Parcel): void {
    // Those that are not full would not be larger either.
    const tells = this.bytes !== this.plan.batchSize && 2 * parcel.bytes > this.bytes;
    parcel.timedSinceMs = tells ? clock.now() : undefined;
  }

  /** A batch has just been acknowledged. */
  acked({ timedSinceMs }: Parcel): void {
    if (timedSinceMs === undefined) return;
    const tookMs = clock.now() - timedSinceMs;
    this.slowAcks = tookMs < SLOW_MS || tookMs > this.tooSlowMs ? 0 : this.slowAcks + 1;
    if (this.slowAcks === SLOW_ACKS) this.bytes = this.plan.batchSize;
  }
}
