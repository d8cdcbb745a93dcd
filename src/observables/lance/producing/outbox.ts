import type { Subscription } from 'rxjs';
import {
  BackpressureError,
  ConnectionError,
  LanceTimeoutError,
  TopicNotFoundError,
  type LanceError,
} from '../../../codecs/lance/errors.js';
import { MAX_PAYLOAD_BYTES } from '../../../codecs/lance/header.js';
import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';
import type { TlvRecord } from '../../../codecs/lance/tlv.js';
import { highWord, lowWord } from '../../../codecs/little-endian.js';
import { clock } from '../../../foundation/clock.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { IngestSession } from '../../../transports/lance/ingest-session.js';
import { Reconnector } from '../../../transports/reconnect.js';
import type { OutboxPlan } from './outbox-plan.js';
import { Packing } from './packing.js';
import type { Parcel, Waiter } from './parcel.js';
import { TopicIds } from '../connection/topic-ids.js';
import type { TopicRef } from '../connection/topic-ref.js';

/** What an outbox tells. */
export interface OutboxEvents {
  opened?(): void;
  /** There is no connection, and no other attempt is made before something is to be sent. */
  gaveUp?(error: LanceError): void;
  acked?(parcel: Parcel): void;
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
  private readonly reconnector: Reconnector;
  private session: IngestSession | undefined;
  /** The session's connection is there. */
  isOpen = false;
  /** A connection is wanted even if there is nothing to send. */
  private isWanted = false;
  /** Waits before it connects again. */
  private isPausing = false;
  /** The socket asks to wait until it has drained. */
  private isFull = false;
  /** The server asks to slow down, until the next ack. */
  private isSlowed = false;
  /** To be sent, in the order of their first records. */
  private readonly line: Parcel[] = [];
  private readonly inFlight = new Set<Parcel>();
  private readonly flushing: { left: Set<Parcel>; then: () => void }[] = [];
  private deadline: Subscription | undefined;
  private lastError: LanceError | undefined;
  private bytes = 0;
  private over = false;

  constructor(
    private readonly plan: OutboxPlan,
    private readonly events: OutboxEvents,
  ) {
    this.packing = new Packing(plan, {
      begun: (parcel) => {
        this.line.push(parcel);
        if (this.deadline === undefined) this.armDeadline(plan.deliveryTimeoutMs);
      },
      due: () => this.pump(),
    });
    this.reconnector = new Reconnector(plan.reconnect, () => {
      this.isPausing = false;
      if (this.isWanted || this.line.length > 0) this.open();
    });
    this.topicIds = new TopicIds({
      resolve: (topic, found, failed) => plan.resolve(topic, found, failed),
      changed: () => this.pump(),
      failed: (topic, error) => {
        for (const parcel of this.line.filter((each) => each.topic === topic)) this.settle(parcel, error);
      },
    });
  }

  /** Bytes that wait or are unacknowledged. */
  get buffered(): number {
    return this.bytes;
  }

  get isEmpty(): boolean {
    return this.line.length === 0 && this.inFlight.size === 0;
  }

  /** Whether a record of this length would be taken now. */
  hasRoomFor(length: number): boolean {
    return this.bytes === 0 || this.bytes + RECORD_HEADER_BYTES + length <= this.plan.bufferBytes;
  }

  /** Opens the connection without waiting for a record. */
  connect(): void {
    this.isWanted = !this.isOpen;
    this.open();
  }

  /**
   * Takes one record.
   * @throws {@link BackpressureError} when the buffer is full, {@link InvalidOptionError} when the record is too large.
   */
  append(topic: TopicRef, type: number, value: Uint8Array, waiter?: Waiter): Parcel {
    this.checkRoom(value.length);
    const parcel = this.packing.add(topic, type, value);
    return this.added(parcel, RECORD_HEADER_BYTES + value.length, waiter);
  }

  /** Takes records that stay together in one frame. */
  appendBatch(topic: TopicRef, records: readonly TlvRecord[], waiter: Waiter): Parcel {
    const size = records.reduce((sum, record) => sum + record.byteLength, 0);
    if (records.length === 0) throw new InvalidOptionError('records', records, 'must not be empty');
    if (size > MAX_PAYLOAD_BYTES) {
      throw new InvalidOptionError('records', size, `must not take more than ${MAX_PAYLOAD_BYTES} bytes together`);
    }
    this.checkRoom(size - RECORD_HEADER_BYTES);
    return this.added(this.packing.addTogether(topic, records, size), size, waiter);
  }

  /** Sends what waits, and calls `then` when all that is here now is settled. */
  flush(then: () => void): void {
    const left = new Set([...this.line, ...this.inFlight]);
    if (left.size === 0) return then();
    for (const parcel of this.line) this.packing.close(parcel);
    this.flushing.push({ left, then });
    this.pump();
  }

  /** Drops the connection and whatever is not acknowledged. */
  close(error?: LanceError): void {
    if (this.over) return;
    this.over = true;
    this.reconnector.stop();
    this.topicIds.stop();
    this.packing.stop();
    this.deadline?.unsubscribe();
    this.session?.close();
    if (error === undefined) return;
    for (const parcel of [...this.inFlight, ...this.line]) this.settle(parcel, error);
  }

  private checkRoom(length: number): void {
    if (this.over) throw closedError();
    if (length > LARGEST_RECORD) {
      throw new InvalidOptionError('record', `${length} bytes`, `must not be larger than ${LARGEST_RECORD} bytes`);
    }
    if (this.hasRoomFor(length)) return;
    throw new BackpressureError(`${this.bytes} of ${this.plan.bufferBytes} bytes wait for acknowledgement`, {
      context: { buffered: this.bytes, bufferBytes: this.plan.bufferBytes },
    });
  }

  private added(parcel: Parcel, size: number, waiter?: Waiter): Parcel {
    this.bytes += size;
    if (waiter !== undefined) parcel.waiters.push(waiter);
    this.pump();
    return parcel;
  }

  private open(): void {
    if (this.session !== undefined || this.isPausing || this.over) return;
    this.session = new IngestSession(this.plan.connector, this.plan.requestTimeoutMs, {
      opened: () => this.opened(),
      drained: () => {
        this.isFull = false;
        this.pump();
      },
      backpressure: () => {
        this.isSlowed = true;
      },
      closed: (error) => this.lost(error),
    });
  }

  private pump(): void {
    if (this.over || this.line.length === 0) return;
    this.open();
    for (let at = 0; at < this.line.length && this.maySend();) {
      const parcel = this.line[at];
      const topicId = parcel?.due === true ? this.topicIds.idOf(parcel.topic) : undefined;
      if (parcel !== undefined && topicId !== undefined) {
        this.line.splice(at, 1);
        this.send(parcel, topicId);
      } else at++;
    }
  }

  private maySend(): boolean {
    if (!this.isOpen || this.isFull) return false;
    // With nothing in flight no ack would ever end the slowing down: one parcel may go.
    return this.inFlight.size < (this.isSlowed ? 1 : this.plan.maxPendingAcks);
  }

  private send(parcel: Parcel, topicId: number): void {
    this.packing.close(parcel);
    this.inFlight.add(parcel);
    parcel.sent++;
    const { id } = parcel;
    // A clock that was never set may stand before 1970, for which the wire has no number.
    const timestampMs = Math.max(0, clock.date());
    const header = { batchIdLow: lowWord(id), batchIdHigh: highWord(id), timestampMs, topicId };
    const taken = this.session?.send({
      id,
      frame: parcel.writer.seal(header),
      acked: () => {
        this.reconnector.succeeded();
        this.isSlowed = false;
        this.settle(parcel);
      },
      rejected: (error) => {
        this.reconnector.succeeded();
        if (error instanceof TopicNotFoundError) this.topicIds.forget(parcel.topic);
        this.settle(parcel, error);
      },
    });
    if (taken === false) this.isFull = true;
  }

  private settle(parcel: Parcel, error?: LanceError): void {
    if (parcel.settled) return;
    if (!this.inFlight.delete(parcel)) {
      const at = this.line.indexOf(parcel);
      if (at >= 0) this.line.splice(at, 1);
    }
    this.packing.close(parcel);
    this.bytes -= parcel.bytes;
    if (error === undefined) {
      parcel.tellAcked();
      this.events.acked?.(parcel);
      this.packing.reuse(parcel);
    } else {
      parcel.tellRejected(error);
      this.events.rejected?.(parcel, error);
    }
    for (const flush of [...this.flushing]) {
      flush.left.delete(parcel);
      if (flush.left.size > 0) continue;
      this.flushing.splice(this.flushing.indexOf(flush), 1);
      flush.then();
    }
    if (this.isEmpty) {
      this.deadline?.unsubscribe();
      this.deadline = undefined;
    }
    this.pump();
  }

  private opened(): void {
    this.isOpen = true;
    this.isWanted = false;
    this.isFull = false;
    this.isSlowed = false;
    this.events.opened?.();
    this.pump();
  }

  private lost(error: LanceError): void {
    this.session = undefined;
    this.isOpen = false;
    this.lastError = error;
    if (this.over) return;
    // All in flight is to be sent again, and packed anew: the topic may have another id when the server is back.
    this.line.unshift(...this.inFlight);
    this.inFlight.clear();
    this.topicIds.clear();
    if (this.line.length === 0 && !this.isWanted) return;
    this.isPausing = this.reconnector.failed();
    if (this.isPausing) return;
    this.isWanted = false;
    this.events.gaveUp?.(error);
    for (const parcel of this.line.splice(0)) this.settle(parcel, error);
  }

  private checkDeadline(): void {
    const { deliveryTimeoutMs } = this.plan;
    const now = clock.now();
    for (const parcel of [...this.inFlight, ...this.line]) {
      if (now - parcel.sinceMs < deliveryTimeoutMs) continue;
      const cause = this.lastError ?? this.topicIds.lastError;
      const why = cause === undefined ? '' : `: ${cause.message}`;
      this.settle(parcel, new LanceTimeoutError(`not acknowledged within ${deliveryTimeoutMs} ms${why}`, { cause }));
    }
    if (this.isEmpty || this.over) return;
    const oldestMs = [...this.inFlight, ...this.line].reduce((least, { sinceMs }) => Math.min(least, sinceMs), now);
    this.armDeadline(Math.max(1, oldestMs + deliveryTimeoutMs - now));
  }

  private armDeadline(delayMs: number): void {
    this.deadline?.unsubscribe();
    this.deadline = clock.after(delayMs, () => this.checkDeadline());
  }
}

/** What whoever still waits is told when the producer is closed. */
export function closedError(): LanceError {
  return new ConnectionError('the producer was closed before this record was acknowledged', { retryable: false });
}
