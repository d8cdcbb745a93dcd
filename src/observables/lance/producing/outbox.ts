import {
  BackpressureError,
  ConnectionError,
  LanceTimeoutError,
  TopicNotFoundError,
} from '../../../codecs/lance/errors.js';
import type { LanceError } from '../../../codecs/lance/errors.js';
import { sealCompressed } from '../../../codecs/lance/compressed-batch.js';
import { MAX_PAYLOAD_BYTES } from '../../../codecs/lance/header.js';
import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';
import { highWord, lowWord } from '../../../codecs/little-endian.js';
import { clock } from '../../../foundation/clock.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { BatchOutcome } from '../../../transports/lance/ack-matcher.js';
import { BatchSize } from './batch-size.js';
import { Expiry } from './expiry.js';
import { Flushes } from './flushes.js';
import { InFlight } from './in-flight.js';
import { IngestLink } from './ingest-link.js';
import type { OutboxPlan } from './outbox-plan.js';
import { withOutcome } from './outcome.js';
import { Packing } from './packing.js';
import type { Parcel, Waiter } from './parcel.js';
import type { StatusWatch } from './producer-status.js';
import { isWithin, valueBytes, type RecordParts } from './record-input.js';
import { Room } from './room.js';
import { Tally, type ProducerMetrics } from './tally.js';
import { TopicIds } from '../connection/topic-ids.js';
import { namingTopic, type TopicRef } from '../connection/topic-ref.js';

/** What an outbox tells. */
export interface OutboxEvents {
  opened?(): void;
  /** There is no connection, and no other attempt is made before something is to be sent. */
  gaveUp?(error: LanceError): void;
  acked?(parcel: Parcel): void;
  /** `error.context.outcome` says whether the batch may have been written. */
  rejected?(parcel: Parcel, error: LanceError): void;
}

/** Records that are larger than a batch go alone in a frame of their own size. */
const LARGEST_RECORD = MAX_PAYLOAD_BYTES - RECORD_HEADER_BYTES;

/**
 * Records on their way to acknowledgement: keeps a few parcels in flight on one connection, and sends what is not
 * acknowledged again after a reconnect, in the same order. Delivery is at least once (lance.md 6.7). It connects only
 * while there is something to send, or when it is told to.
 */
export class Outbox {
  private readonly packing: Packing;
  private readonly topicIds: TopicIds;
  private readonly link: IngestLink;
  private readonly expiry: Expiry;
  private readonly flushes = new Flushes();
  private readonly tally = new Tally();
  /** To be sent, in the order of their first records. */
  private readonly line: Parcel[] = [];
  private readonly inFlight: InFlight;
  private readonly size: BatchSize;
  private readonly growing = new Room();
  /** Bytes that wait or are unacknowledged, but for what has been taken in {@link room}. */
  private bytes = 0;
  /** Nothing leaves while above 0: who is being told may send more, and all that goes together then. */
  private holding = 0;
  private over = false;

  constructor(
    private readonly plan: OutboxPlan,
    private readonly events: OutboxEvents,
  ) {
    this.inFlight = new InFlight(plan);
    this.size = new BatchSize(plan);
    this.expiry = new Expiry(
      plan.deliveryTimeoutMs,
      () => this.unsettled,
      (parcels) => this.expired(parcels),
    );
    this.packing = new Packing(plan, this.size, {
      begun: (parcel) => {
        parcel.behind = this.inFlight.sendings;
        this.line.push(parcel);
        this.expiry.begun();
      },
      due: () => this.pump(),
      acked: (parcel) => this.acked(parcel),
      rejected: (parcel, error, outcome) => this.rejected(parcel, error, outcome),
    });
    const hasWork = (): boolean => this.line.length > 0;
    this.link = new IngestLink(plan, {
      get hasWork() {
        return hasWork();
      },
      opened: () => {
        this.events.opened?.();
        this.pump();
      },
      ready: () => this.pump(),
      lost: () => this.lost(),
      gaveUp: (error) => {
        // Who is told may send more, for which there is another attempt.
        const left = this.line.slice();
        this.events.gaveUp?.(error);
        this.reject(left, error);
      },
    });
    this.topicIds = new TopicIds({
      resolve: (topic, found, failed) => plan.resolve(topic, found, failed),
      changed: () => this.pump(),
      failed: (topic, error) =>
        this.reject(
          this.line.filter((each) => each.topic === topic),
          error,
        ),
    });
  }

  /** Bytes that wait or are unacknowledged. */
  get buffered(): number {
    return this.bytes + this.growing.taken;
  }

  /** Nothing is to be sent or answered. */
  get isEmpty(): boolean {
    return this.line.length === 0 && this.inFlight.size === 0;
  }

  get isOpen(): boolean {
    return this.link.isOpen;
  }

  get watch(): StatusWatch {
    return this.link.watch;
  }

  metrics(): ProducerMetrics {
    const bufferedRecords = this.unsettled.reduce((sum, { records }) => sum + records, 0);
    return { ...this.tally.read(), bufferedRecords, bufferedBytes: this.buffered, inFlight: this.inFlight.size };
  }

  /** Whether a record with this value would be taken now. */
  hasRoomFor(value: Uint8Array | string): boolean {
    const { buffered } = this;
    return buffered === 0 || isWithin(value, this.plan.bufferBytes - buffered - RECORD_HEADER_BYTES);
  }

  /** Whether a source that can wait is to be asked for more. */
  get wantsMore(): boolean {
    const { buffered } = this;
    if (buffered < this.size.aheadBytes) return true;
    // A record larger than all that goes alone, and is not to be waited for alone.
    return this.line.length + this.inFlight.size < 2 && buffered < this.plan.bufferBytes;
  }

  /** Opens the connection without waiting for a record. */
  connect(): void {
    this.link.connect();
  }

  /**
   * Takes one record.
   * @throws {@link BackpressureError} when the buffer is full, {@link InvalidOptionError} when the record is too large.
   */
  append(topic: TopicRef, type: number, value: Uint8Array | string, waiter?: Waiter): Parcel {
    this.check(value);
    if (!this.hasRoomFor(value)) throw this.refusal();
    const parcel = this.pack(topic, type, value);
    if (waiter !== undefined) parcel.waiters.push(waiter);
    this.packed(parcel);
    return parcel;
  }

  /** Like {@link append}, but false where that would throw because the buffer is full. */
  offer(topic: TopicRef, type: number, value: Uint8Array | string): boolean {
    if (!this.hasRoomFor(value)) return false;
    this.check(value);
    this.packed(this.pack(topic, type, value));
    return true;
  }

  /**
   * For the next records, as long as they go where the last one went, end no batch, and a source would still be asked for
   * more: nothing can leave earlier by them. Valid until the next call.
   */
  room(topic: TopicRef): Room {
    this.bytes = this.buffered;
    this.packing.open(this.growing, topic, this.size.aheadBytes - this.bytes);
    return this.growing;
  }

  /** Takes records that stay together in one frame. */
  appendBatch(topic: TopicRef, records: readonly RecordParts[], waiter: Waiter): Parcel {
    const size = records.reduce((sum, { value }) => sum + RECORD_HEADER_BYTES + valueBytes(value), 0);
    if (records.length === 0) throw new InvalidOptionError('records', records, 'must not be empty');
    if (size > MAX_PAYLOAD_BYTES) {
      throw new InvalidOptionError('records', size, `must not take more than ${MAX_PAYLOAD_BYTES} bytes together`);
    }
    this.checkOpen();
    if (this.buffered > 0 && this.buffered + size > this.plan.bufferBytes) throw this.refusal();
    const parcel = this.packing.addTogether(topic, records, size);
    this.bytes += size;
    parcel.waiters.push(waiter);
    this.queued(parcel);
    return parcel;
  }

  /** Sends what waits, and calls `then` when all that is here now is settled; the returned function calls it off. */
  flush(then: () => void): () => void {
    const parcels = this.unsettled;
    if (parcels.length === 0) {
      then();
      return () => {};
    }
    for (const parcel of this.line) this.packing.close(parcel);
    const calledOff = this.flushes.add(parcels, then);
    this.pump();
    return calledOff;
  }

  /** Drops the connection and whatever is not acknowledged. */
  close(error?: LanceError): void {
    if (this.over) return;
    this.over = true;
    this.link.close();
    this.lost();
    this.topicIds.stop();
    this.packing.stop();
    this.expiry.stop();
    if (error !== undefined) this.reject(this.line.slice(), error);
  }

  private get unsettled(): Parcel[] {
    return [...this.inFlight.unsettled, ...this.line];
  }

  private pack(topic: TopicRef, type: number, value: Uint8Array | string): Parcel {
    const parcel = this.packing.add(topic, type, value);
    this.bytes += this.packing.added;
    return parcel;
  }

  private packed(parcel: Parcel): void {
    // Into a parcel that waits anyway: nothing else can leave than before.
    if (parcel.due || parcel.records === 1) this.queued(parcel);
  }

  private queued({ topic }: Parcel): void {
    // Nothing can leave that could not before, and the line that waits for the same answer may be long.
    if (!this.link.takes || !this.topicIds.isAsked(topic)) this.pump();
  }

  private checkOpen(): void {
    if (this.over) throw withOutcome(closedError(), 'not sent');
  }

  private check(value: Uint8Array | string): void {
    this.checkOpen();
    if (isWithin(value, LARGEST_RECORD)) return;
    // What has no length is never within, and comes from a codec that is not ours.
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
      throw new InvalidOptionError('record', value, 'must be bytes');
    }
    const rule = `must not be larger than ${LARGEST_RECORD} bytes`;
    throw new InvalidOptionError('record', `${valueBytes(value)} bytes`, rule);
  }

  private refusal(): BackpressureError {
    const { buffered } = this;
    this.tally.refused++;
    return new BackpressureError(`${buffered} of ${this.plan.bufferBytes} bytes wait for acknowledgement`, {
      context: { buffered, bufferBytes: this.plan.bufferBytes, outcome: 'not sent' },
    });
  }

  private pump(): void {
    if (this.over || this.holding > 0) return;
    if (this.line.length === 0) return this.tally.wait(false);
    this.link.open();
    // Self-clocked, what may still grow leaves when everything that had been sent before it began is settled.
    const settledUpTo = this.plan.batching === 'linger' ? -1 : this.inFlight.settledUpTo;
    for (let at = 0; at < this.line.length && this.link.takes && this.inFlight.hasRoom(this.link.isSlowed);) {
      const parcel = this.line[at];
      const mayLeave = parcel !== undefined && (parcel.due || parcel.behind <= settledUpTo);
      const topicId = mayLeave ? this.topicIds.idOf(parcel.topic) : undefined;
      if (parcel !== undefined && topicId !== undefined) {
        if (at === 0) this.line.shift();
        else this.line.splice(at, 1);
        this.send(parcel, topicId);
      } else at++;
    }
    this.tally.wait(this.line.length > 0 && this.link.isHeldUp);
  }

  private send(parcel: Parcel, topicId: number): void {
    this.packing.close(parcel);
    this.inFlight.add(parcel);
    this.size.sent(parcel);
    this.tally.sent(parcel);
    parcel.frame = this.seal(parcel, topicId);
    this.link.send(parcel);
  }

  private acked(parcel: Parcel): void {
    this.size.acked(parcel);
    this.answered(parcel, true);
    if (parcel.settled) this.pump();
    else this.settle(parcel);
  }

  private rejected(parcel: Parcel, error: LanceError, outcome: BatchOutcome): void {
    this.answered(parcel, false);
    const { topic } = parcel;
    if (error instanceof TopicNotFoundError) this.topicIds.forget(topic);
    this.reject([parcel], typeof topic === 'number' ? namingTopic(topic, error) : error, outcome);
  }

  /** Only now: whatever has become of its records, until then the connection holds its memory. */
  private answered(parcel: Parcel, isAck: boolean): void {
    this.link.answered(isAck);
    if (this.inFlight.remove(parcel)) this.bytes -= parcel.bytes;
  }

  private seal({ id, writer }: Parcel, topicId: number): Uint8Array {
    // A clock that was never set may stand before 1970, for which the wire has no number.
    const timestampMs = Math.max(0, clock.date());
    const fields = { batchIdLow: lowWord(id), batchIdHigh: highWord(id), timestampMs, topicId };
    return this.plan.compression ? sealCompressed(writer, fields) : writer.seal(fields);
  }

  private reject(parcels: readonly Parcel[], error: LanceError, answer?: BatchOutcome): void {
    this.holding++;
    try {
      for (const parcel of parcels) this.settle(parcel, withOutcome(error, parcel.outcome(answer)));
    } finally {
      this.holding--;
    }
    this.pump();
  }

  private settle(parcel: Parcel, error?: LanceError): void {
    if (parcel.settled) return;
    // What was acknowledged was in flight, and is not any more.
    if (error !== undefined) this.forget(parcel);
    this.holding++;
    try {
      this.tell(parcel, error);
      this.flushes.settled(parcel);
    } finally {
      this.holding--;
    }
    this.pump();
  }

  private forget(parcel: Parcel): void {
    this.packing.close(parcel);
    const at = this.line.indexOf(parcel);
    if (at < 0) return;
    this.line.splice(at, 1);
    this.bytes -= parcel.bytes;
  }

  private tell(parcel: Parcel, error: LanceError | undefined): void {
    if (error === undefined) {
      this.tally.acked(parcel);
      parcel.tellAcked();
      this.events.acked?.(parcel);
      this.packing.reuse(parcel);
    } else {
      this.tally.failed(parcel);
      parcel.tellRejected(error);
      this.events.rejected?.(parcel, error);
    }
  }

  private lost(): void {
    // All in flight is to be sent again, and packed anew: the topic may have another id when the server is back.
    this.line.unshift(...this.inFlight.unsettled);
    for (const { settled, bytes } of this.inFlight) if (settled) this.bytes -= bytes;
    this.inFlight.clear();
    this.topicIds.clear();
    this.size.beginAnew();
    this.tally.wait(false);
  }

  private expired(parcels: readonly Parcel[]): void {
    const { deliveryTimeoutMs } = this.plan;
    const cause = this.link.lastError ?? this.topicIds.lastError;
    const why = cause === undefined ? '' : `: ${cause.message}`;
    this.reject(parcels, new LanceTimeoutError(`not acknowledged within ${deliveryTimeoutMs} ms${why}`, { cause }));
  }
}

/** What whoever still waits is told when the producer is closed. */
export function closedError(): LanceError {
  return new ConnectionError('the producer was closed before this record was acknowledged', { retryable: false });
}
