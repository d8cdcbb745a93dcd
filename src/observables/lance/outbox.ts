import type { Subscription } from 'rxjs';
import { BatchWriter } from '../../codecs/lance/batch-writer.js';
import { BackpressureError, ConnectionError, LanceTimeoutError, TopicNotFoundError, type LanceError } from '../../codecs/lance/errors.js';
import { MAX_PAYLOAD_BYTES } from '../../codecs/lance/header.js';
import { RECORD_HEADER_BYTES } from '../../codecs/lance/record-type.js';
import type { TlvRecord } from '../../codecs/lance/tlv.js';
import { clock } from '../../foundation/clock.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { Connector } from '../../transports/channel.js';
import { IngestSession } from '../../transports/lance/ingest-session.js';
import { Reconnector, type ReconnectOptions } from '../../transports/reconnect.js';
import { Parcel, type Waiter } from './parcel.js';
import type { ProducerPlan } from './producer-options.js';
import { TopicIds } from './topic-ids.js';
import type { TopicRef } from './topic-ref.js';

/** What an outbox needs of the client. */
export interface OutboxPlan extends ProducerPlan {
  readonly connector: Connector;
  readonly requestTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
  /** Finds the id of a topic. */
  resolve(topic: TopicRef, found: (id: number) => void, failed: (error: LanceError) => void): void;
}

/** What an outbox tells. */
export interface OutboxEvents {
  opened?(): void;
  acked?(parcel: Parcel): void;
  rejected?(parcel: Parcel, error: LanceError): void;
}

/** Records that are larger go alone in a frame of their own size. */
const LARGEST_RECORD = MAX_PAYLOAD_BYTES - RECORD_HEADER_BYTES;

/**
 * Records on their way to acknowledgement: fills batches, keeps a few in flight on one connection, and sends what is
 * not acknowledged again after a reconnect, in the same order. Delivery is at least once (lance.md 6.7).
 */
export class Outbox {
  private readonly reconnector: Reconnector;
  private session: IngestSession | undefined;
  private isOpen = false;
  /** Waits before it connects again. */
  private isPausing = false;
  /** The socket or the server asks to wait. */
  private isHeldUp = false;
  /** Not yet sent, in the order of their first records. */
  private readonly line: Parcel[] = [];
  private readonly inFlight = new Set<Parcel>();
  /** The parcel of each topic that takes records. */
  private readonly open = new Map<TopicRef, Parcel>();
  private readonly topicIds: TopicIds;
  private readonly flushing: { left: Set<Parcel>; then: () => void }[] = [];
  private readonly spare: BatchWriter[] = [];
  private readonly timers = new Map<Parcel, Subscription>();
  private deadline: Subscription | undefined;
  private lastError: LanceError | undefined;
  private lastId = 0;
  private bytes = 0;
  private over = false;

  constructor(
    private readonly plan: OutboxPlan,
    private readonly events: OutboxEvents,
  ) {
    this.reconnector = new Reconnector(plan.reconnect, () => {
      this.isPausing = false;
      this.connect();
    });
    this.topicIds = new TopicIds({
      resolve: (topic, found, failed) => plan.resolve(topic, found, failed),
      found: () => this.pump(),
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

  /** Opens the connection without waiting for a record. */
  connect(): void {
    if (this.session !== undefined || this.isPausing || this.over) return;
    this.session = new IngestSession(this.plan.connector, this.plan.requestTimeoutMs, {
      opened: () => this.opened(),
      drained: () => this.carryOn(),
      backpressure: () => {
        this.isHeldUp = true;
      },
      closed: (error) => this.lost(error),
    });
  }

  /**
   * Takes one record; returns the parcel it went into.
   * @throws {@link BackpressureError} when the buffer is full, {@link InvalidOptionError} when the record is too large.
   */
  append(topic: TopicRef, type: number, value: Uint8Array, waiter?: Waiter): Parcel {
    const size = this.checkRoom(value.length);
    let parcel = this.open.get(topic);
    if (parcel === undefined || !parcel.writer.append(type, value)) {
      if (parcel !== undefined) this.shut(parcel);
      parcel = this.begin(topic, size);
      parcel.writer.append(type, value);
    }
    this.bytes += size;
    if (waiter !== undefined) parcel.waiters.push(waiter);
    this.added(parcel);
    return parcel;
  }

  /** Takes records that stay together in one frame. */
  appendBatch(topic: TopicRef, records: readonly TlvRecord[], waiter: Waiter): Parcel {
    const size = records.reduce((sum, record) => sum + record.byteLength, 0);
    if (records.length === 0) throw new InvalidOptionError('records', records, 'must not be empty');
    if (size > MAX_PAYLOAD_BYTES) {
      throw new InvalidOptionError('records', size, `must not take more than ${MAX_PAYLOAD_BYTES} bytes together`);
    }
    this.checkRoom(size - RECORD_HEADER_BYTES);
    const previous = this.open.get(topic);
    if (previous !== undefined) this.shut(previous);
    const parcel = this.begin(topic, size);
    for (const { type, value } of records) parcel.writer.append(type, value);
    this.bytes += size;
    parcel.waiters.push(waiter);
    this.shut(parcel);
    this.added(parcel);
    return parcel;
  }

  /** Sends what waits, and calls `then` when all that is here now is settled. */
  flush(then: () => void): void {
    const left = new Set([...this.line, ...this.inFlight]);
    if (left.size === 0) return then();
    for (const parcel of this.line) this.shut(parcel);
    this.flushing.push({ left, then });
    this.pump();
  }

  /** Drops the connection and whatever is not acknowledged. */
  close(error?: LanceError): void {
    if (this.over) return;
    this.over = true;
    this.reconnector.stop();
    this.topicIds.stop();
    this.deadline?.unsubscribe();
    for (const timer of this.timers.values()) timer.unsubscribe();
    this.session?.close();
    if (error === undefined) return;
    for (const parcel of [...this.inFlight, ...this.line]) this.settle(parcel, error);
  }

  private checkRoom(length: number): number {
    const size = RECORD_HEADER_BYTES + length;
    if (length > LARGEST_RECORD) {
      throw new InvalidOptionError('record', `${length} bytes`, `must not be larger than ${LARGEST_RECORD} bytes`);
    }
    if (this.bytes > 0 && this.bytes + size > this.plan.bufferBytes) {
      throw new BackpressureError(`${this.bytes} of ${this.plan.bufferBytes} bytes wait for acknowledgement`, {
        context: { buffered: this.bytes, bufferBytes: this.plan.bufferBytes },
      });
    }
    return size;
  }

  private begin(topic: TopicRef, size: number): Parcel {
    const { batchSize } = this.plan;
    const writer = size > batchSize ? new BatchWriter(size) : (this.spare.pop() ?? new BatchWriter(batchSize));
    const parcel = new Parcel(++this.lastId, topic, writer, clock.now());
    this.line.push(parcel);
    this.open.set(topic, parcel);
    this.deadline ??= clock.after(this.plan.deliveryTimeoutMs, () => this.checkDeadline());
    return parcel;
  }

  private added(parcel: Parcel): void {
    if (this.plan.batching === 'linger') {
      if (parcel.bytes >= this.plan.batchSize) this.shut(parcel);
      else if (!this.timers.has(parcel) && !parcel.closed) {
        this.timers.set(parcel, clock.after(this.plan.lingerMs, () => this.shut(parcel, true)));
        return;
      }
    }
    this.pump();
  }

  /** No more records for this one. */
  private shut(parcel: Parcel, pump = false): void {
    parcel.closed = true;
    parcel.due = true;
    this.timers.get(parcel)?.unsubscribe();
    this.timers.delete(parcel);
    if (this.open.get(parcel.topic) === parcel) this.open.delete(parcel.topic);
    if (pump) this.pump();
  }

  private pump(): void {
    if (this.over) return;
    this.connect();
    if (!this.isOpen) return;
    for (let at = 0; at < this.line.length && this.inFlight.size < this.plan.maxPendingAcks && !this.isHeldUp; ) {
      const parcel = this.line[at];
      if (parcel !== undefined && this.isReady(parcel)) {
        this.line.splice(at, 1);
        this.send(parcel);
      } else at++;
    }
  }

  private isReady(parcel: Parcel): boolean {
    if (this.plan.batching === 'linger' && !parcel.due) return false;
    return this.topicIds.idOf(parcel.topic) !== undefined;
  }

  private send(parcel: Parcel): void {
    this.shut(parcel);
    const topicId = this.topicIds.idOf(parcel.topic) ?? 0;
    parcel.frame = parcel.writer.seal({
      batchIdLow: parcel.id >>> 0,
      batchIdHigh: Math.floor(parcel.id / 2 ** 32),
      timestampMs: clock.now(),
      topicId,
    });
    this.inFlight.add(parcel);
    this.transmit(parcel, parcel.frame);
  }

  private transmit(parcel: Parcel, frame: Uint8Array): void {
    const taken = this.session?.send({
      id: parcel.id,
      frame,
      acked: () => {
        this.isHeldUp = false;
        this.settle(parcel);
      },
      rejected: (error) => {
        if (error instanceof TopicNotFoundError) this.topicIds.forget(parcel.topic);
        this.settle(parcel, error);
      },
    });
    if (taken === false) this.isHeldUp = true;
  }

  private settle(parcel: Parcel, error?: LanceError): void {
    if (parcel.settled) return;
    if (!this.inFlight.delete(parcel)) {
      const at = this.line.indexOf(parcel);
      if (at >= 0) this.line.splice(at, 1);
    }
    this.shut(parcel);
    this.bytes -= parcel.bytes;
    if (error === undefined) {
      parcel.tellAcked();
      this.events.acked?.(parcel);
      this.recycle(parcel.writer);
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

  /** An acknowledged frame has left the socket for good: its memory may be filled again. */
  private recycle(writer: BatchWriter): void {
    if (writer.maxBytes !== this.plan.batchSize || this.spare.length > this.plan.maxPendingAcks) return;
    writer.reset();
    this.spare.push(writer);
  }

  private opened(): void {
    this.isOpen = true;
    this.isHeldUp = false;
    this.reconnector.succeeded();
    for (const parcel of this.inFlight) if (parcel.frame !== undefined) this.transmit(parcel, parcel.frame);
    this.events.opened?.();
    this.pump();
  }

  private carryOn(): void {
    this.isHeldUp = false;
    this.pump();
  }

  private lost(error: LanceError): void {
    this.session = undefined;
    this.isOpen = false;
    this.lastError = error;
    if (this.over) return;
    this.topicIds.clear();
    this.isPausing = this.reconnector.failed();
    if (this.isPausing) return;
    for (const parcel of [...this.inFlight, ...this.line]) this.settle(parcel, error);
  }

  private checkDeadline(): void {
    this.deadline = undefined;
    const { deliveryTimeoutMs } = this.plan;
    const now = clock.now();
    for (const parcel of [...this.inFlight, ...this.line]) {
      if (now - parcel.sinceMs < deliveryTimeoutMs) continue;
      const cause = this.lastError ?? this.topicIds.lastError;
      const why = cause === undefined ? '' : `: ${cause.message}`;
      this.settle(parcel, new LanceTimeoutError(`not acknowledged within ${deliveryTimeoutMs} ms${why}`, { cause }));
    }
    const [oldest] = [...this.inFlight, ...this.line];
    if (oldest === undefined || this.over) return;
    const leftMs = oldest.sinceMs + deliveryTimeoutMs - now;
    this.deadline = clock.after(Math.max(1, leftMs), () => this.checkDeadline());
  }
}

/** What whoever still waits is told when the producer is closed. */
export function closedError(): LanceError {
  return new ConnectionError('the producer was closed before this record was acknowledged', { retryable: false });
}
