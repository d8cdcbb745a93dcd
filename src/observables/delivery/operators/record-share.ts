import type { Observable } from 'rxjs';
import type { LanceRecord } from '../../../codecs/lance/record.js';
import type { RecordBatch } from '../../../codecs/lance/record-batch.js';
import { clock } from '../../../foundation/clock.js';
import { milliseconds } from '../../../foundation/check.js';
import { INSPECT, type Inspecting } from '../../../foundation/in-logs.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { NoDeadLettersError } from '../errors.js';
import { deliveryAsJson, inspectedDelivery } from '../in-logs.js';
import type { Timer } from '../core/source.js';
import {
  DEAD_OPTIONS,
  DUTY,
  NACK_OPTIONS,
  type DeadOptions,
  type Delivery,
  type Duty,
  type NackOptions,
  type Origin,
  type Outcome,
  type Settled,
} from '../types.js';

/** Those who get the records of several batches. */
export interface RecordOutlet {
  /** Those of which records are to come again. */
  readonly waiting: Set<RecordShare>;
  /** Nobody is there to get any. */
  readonly closed: boolean;
  /** One that waited does so no longer. */
  left(): void;
}

/** A batch that is settled record by record: one counter, and one number per record only once a record came again. */
export class RecordShare {
  readonly length: number;
  private left: number;
  /** Bit by bit, what is decided. */
  private readonly decided: Uint8Array;
  private attempts: Map<number, number> | undefined;
  /** Decided, and not done yet: they come again, or are on their way to the dead letters. */
  private readonly undone = new Set<number>();
  /** All before this one are settled for good. */
  private first = 0;
  /** Whom to tell that some record is settled; once is enough until they have asked how far it is. */
  private readonly moved: (() => void) | undefined;
  private isTold = false;
  private readonly timers = new Set<Timer>();
  private isNacked = false;

  constructor(
    readonly batch: Delivery<RecordBatch<unknown>, unknown>,
    private readonly send: (delivery: RecordDelivery) => void,
    private readonly outlet: RecordOutlet,
  ) {
    const { length, startOffset, endOffset } = batch.value;
    this.length = length;
    this.left = this.length;
    this.decided = new Uint8Array((this.length + 7) >> 3);
    this.moved = batch[DUTY].inParts?.(startOffset, endOffset, () => this.settledTo());
  }

  /** The batch is unsettled. */
  get open(): boolean {
    return this.batch[DUTY].open;
  }

  emit(index: number): void {
    this.send(new RecordDelivery(this, index, this.attemptOf(index)));
  }

  /** Whether a handle made for `attempt` may still decide; remembers that it did. */
  claim(index: number, attempt: number): Settled {
    if (!this.batch[DUTY].open) return 'stale';
    if (this.isDecided(index) || this.attemptOf(index) !== attempt) return 'again';
    this.decided[index >> 3]! |= 1 << (index & 7);
    return 'settled';
  }

  /** One more record is settled for good. */
  done(result: unknown): void {
    this.left--;
    if (this.left > 0) {
      if (!this.isTold) this.tell();
      return;
    }
    this.leave();
    if (this.isNacked) this.batch.nack();
    else this.batch.ack(result);
  }

  /**
   * The record comes again alone, or with its batch where nobody gets it otherwise; while the stream drains a nack is
   * final, and no position beyond it is committed.
   */
  again(index: number, delayMs: number): void {
    this.undone.add(index);
    const { waiting, closed } = this.outlet;
    if (closed || this.batch[DUTY].flow.draining) return this.giveUp();
    if (!waiting.has(this)) {
      waiting.add(this);
      this.batch[DUTY].onLost(() => this.leave());
    }
    const timer = clock.after(delayMs, () => {
      this.timers.delete(timer);
      if (!this.open) return this.leave();
      // A drain that began meanwhile has made it final.
      if (this.batch[DUTY].flow.draining) return this.giveUp();
      this.attempts ??= new Map();
      this.attempts.set(index, this.attemptOf(index) + 1);
      this.decided[index >> 3]! &= ~(1 << (index & 7));
      this.undone.delete(index);
      this.emit(index);
    });
    this.timers.add(timer);
  }

  private giveUp(): void {
    this.isNacked = true;
    this.done(undefined);
  }

  bury(index: number, options: DeadOptions): void {
    this.undone.add(index);
    const record = this.batch.value.record(index);
    const part = { bytes: record.bytes(), position: record.position, type: record.type };
    this.batch[DUTY].bury(part, { attempts: this.attemptOf(index), ...options }, (error) => {
      if (error !== undefined) return;
      this.undone.delete(index);
      this.done(undefined);
    });
  }

  forget(): void {
    for (const timer of this.timers) timer.unsubscribe();
  }

  /** Nothing of it comes again. */
  private leave(): void {
    if (!this.outlet.waiting.delete(this)) return;
    this.forget();
    this.outlet.left();
  }

  private tell(): void {
    this.isTold = true;
    this.moved?.();
  }

  /** Where the first record begins that is not settled for good. */
  private settledTo(): number {
    this.isTold = false;
    while (this.first < this.length && this.isDecided(this.first) && !this.undone.has(this.first)) this.first++;
    const { value } = this.batch;
    // The batch itself may have been decided otherwise meanwhile: then nothing settles it here.
    return this.first === this.length ? value.endOffset : Number(value.positionOf(this.first));
  }

  private isDecided(index: number): boolean {
    return (this.decided[index >> 3]! & (1 << (index & 7))) !== 0;
  }

  private attemptOf(index: number): number {
    return this.attempts?.get(index) ?? this.batch.attempt;
  }
}

/** One record under its batch's duty. */
export class RecordDelivery implements Delivery<LanceRecord<unknown>, unknown> {
  private record: LanceRecord<unknown> | undefined = undefined;

  constructor(
    private readonly share: RecordShare,
    private readonly index: number,
    readonly attempt: number,
  ) {}

  get value(): LanceRecord<unknown> {
    this.record ??= this.share.batch.value.record(this.index);
    return this.record;
  }

  get [DUTY](): Duty {
    return this.share.batch[DUTY];
  }

  get source(): Origin {
    return { ...this.share.batch.source, position: this.value.position };
  }

  get signal(): AbortSignal {
    return this.share.batch.signal;
  }

  /** The batch's: a record has no fate of its own on the wire. */
  get outcome$(): Observable<Outcome> {
    return this.share.batch.outcome$;
  }

  ack(result: unknown): Settled {
    const claim = this.share.claim(this.index, this.attempt);
    if (claim === 'settled') this.share.done(result);
    return claim;
  }

  nack(options: NackOptions = {}): Settled {
    const given = onlyKnown('nack', options, NACK_OPTIONS).delayMs;
    const delayMs = milliseconds('nack.delayMs', given ?? 0);
    const claim = this.share.claim(this.index, this.attempt);
    if (claim === 'settled') this.share.again(this.index, delayMs);
    return claim;
  }

  dead(options: DeadOptions = {}): Settled {
    onlyKnown('dead', options, DEAD_OPTIONS);
    if (!this[DUTY].flow.takesDead) throw NoDeadLettersError.of(this.source);
    const claim = this.share.claim(this.index, this.attempt);
    if (claim === 'settled') this.share.bury(this.index, options);
    return claim;
  }

  /** For logs: where it came from, and what it carries. */
  toJSON(): Record<string, unknown> {
    return deliveryAsJson(this);
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspectedDelivery(this, how);
  }
}
