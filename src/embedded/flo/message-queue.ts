import { clock } from '../../foundation/clock.js';
import { DeadLetters } from './dead-letters.js';
import { DedupWindow } from './dedup-window.js';
import { Heap } from './heap.js';
import { goesBefore, Message, type Timetable } from './message.js';

/** What holds for all queues of a server. */
export interface QueueRules {
  readonly visibilityTimeoutMs: number;
  readonly maxDeliveries: number;
  readonly dlqCapacity: number;
  readonly dedupWindowMs: number;
}

/** What has happened in all queues of a server. */
export interface QueueTally {
  enqueued: number;
  deduplicated: number;
  handedOut: number;
  acked: number;
  nacked: number;
  leasesExpired: number;
  deadLettered: number;
}

/** How a message is enqueued. */
export interface Enqueueing {
  /** 0 to 255, lower goes first. */
  readonly priority?: number | undefined;
  readonly delayMs?: number | undefined;
  readonly dedupKey?: string | undefined;
}

/**
 * One queue as the documentation has it: messages are leased, come back when their lease is over or given up, and go to
 * the dead letters after so many attempts (flo.md 4.3.7). Time passes when `fallDue` is called, not before.
 */
export class MessageQueue {
  readonly #rules: QueueRules;
  readonly #tally: QueueTally;
  readonly #timetable: Timetable;
  readonly #ready = new Heap<Message>(goesBefore);
  readonly #leased = new Map<bigint, Message>();
  readonly #dedup: DedupWindow;
  readonly deadLetters: DeadLetters;
  #lastSeq = 0n;
  #delayed = 0;

  constructor(
    readonly name: string,
    rules: QueueRules,
    timetable: Timetable,
    tally: QueueTally,
  ) {
    this.#rules = rules;
    this.#timetable = timetable;
    this.#tally = tally;
    this.#dedup = new DedupWindow(rules.dedupWindowMs);
    this.deadLetters = new DeadLetters(rules.dlqCapacity);
  }

  get ready(): number {
    return this.#ready.size;
  }

  get delayed(): number {
    return this.#delayed;
  }

  get leased(): number {
    return this.#leased.size;
  }

  /** Keeps `payload` itself. The sequence number is that of an earlier message if one goes by the same dedup key. */
  enqueue(payload: Uint8Array, { priority = 0, delayMs = 0, dedupKey }: Enqueueing = {}): bigint {
    const known = dedupKey === undefined ? undefined : this.#dedup.seqOf(dedupKey);
    if (known !== undefined) {
      this.#tally.deduplicated++;
      return known;
    }
    const seq = ++this.#lastSeq;
    const message = new Message(this, seq, payload, priority, clock.date(), dedupKey);
    if (dedupKey !== undefined) this.#dedup.add(dedupKey, seq);
    this.#tally.enqueued++;
    if (delayMs > 0) {
      message.state = 'delayed';
      message.dueMs = clock.now() + delayMs;
      this.#delayed++;
      this.#timetable.add(message);
    } else this.#ready.add(message);
    return seq;
  }

  /**
   * Leases up to `count` messages of together at most `maxBytes` (the first one whatever its size).
   * Without `leaseMs` for as long as the rules say.
   */
  lease(count: number, maxBytes: number, leaseMs = this.#rules.visibilityTimeoutMs): Message[] {
    const dueMs = clock.now() + leaseMs;
    return this.#take(count, maxBytes, (message) => {
      message.state = 'leased';
      message.leaseMs = leaseMs;
      message.dueMs = dueMs;
      this.#leased.set(message.seq, message);
      this.#timetable.add(message);
    });
  }

  /** Hands out up to `count` messages for good, as the genuine server does: nothing of them is left (flo.md 4.3.2). */
  handOut(count: number, maxBytes: number): Message[] {
    return this.#take(count, maxBytes, (message) => this.#forget(message, clock.now()));
  }

  /** Removes messages that are leased. Others are not its business, and no error. */
  ack(seqs: readonly bigint[]): void {
    for (const message of this.#returned(seqs)) {
      this.#forget(message, clock.now());
      this.#tally.acked++;
    }
  }

  /** Leased messages are ready again, or dead if that is asked or they have been handed out too often. */
  nack(seqs: readonly bigint[], toDlq = false): void {
    for (const message of this.#returned(seqs)) {
      this.#tally.nacked++;
      this.#giveUp(message, toDlq, clock.now());
    }
  }

  /** Leases begin anew, for as long as they were asked for. */
  touch(seqs: readonly bigint[]): void {
    const now = clock.now();
    for (const message of this.#returned(seqs)) {
      message.dueMs = now + message.leaseMs;
      this.#leased.set(message.seq, message);
      this.#timetable.add(message);
    }
  }

  /** The delay or the lease of a message is over; the timetable has let go of it. */
  fallDue(message: Message): void {
    if (message.state === 'delayed') {
      this.#delayed--;
      message.state = 'ready';
      this.#ready.add(message);
      return;
    }
    this.#leased.delete(message.seq);
    this.#tally.leasesExpired++;
    this.#giveUp(message, false, message.dueMs);
  }

  #take(count: number, maxBytes: number, then: (message: Message) => void): Message[] {
    const taken: Message[] = [];
    let bytes = 0;
    for (let next = this.#ready.first; next !== undefined && taken.length < count; next = this.#ready.first) {
      bytes += next.payload.length;
      if (taken.length > 0 && bytes > maxBytes) break;
      this.#ready.remove(next);
      next.deliveryCount++;
      then(next);
      taken.push(next);
    }
    this.#tally.handedOut += taken.length;
    return taken;
  }

  /** Ends the leases of those that have one. */
  *#returned(seqs: readonly bigint[]): Generator<Message, void> {
    for (const seq of seqs) {
      const message = this.#leased.get(seq);
      if (message === undefined) continue;
      this.#leased.delete(seq);
      this.#timetable.remove(message);
      yield message;
    }
  }

  #giveUp(message: Message, toDlq: boolean, atMs: number): void {
    if (toDlq || message.deliveryCount >= this.#rules.maxDeliveries) {
      this.#tally.deadLettered++;
      this.deadLetters.add(message);
      this.#forget(message, atMs);
      return;
    }
    message.state = 'ready';
    this.#ready.add(message);
  }

  #forget({ dedupKey }: Message, atMs: number): void {
    if (dedupKey !== undefined) this.#dedup.left(dedupKey, atMs);
  }
}
