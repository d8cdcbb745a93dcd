import type { Observer } from 'rxjs';
import type { LanceError } from '../../../codecs/lance/errors.js';
import type { BatchWriter } from '../../../codecs/lance/batch-writer.js';
import type { Batch, BatchOutcome } from '../../../transports/lance/ack-matcher.js';
import { reportOwnerError, tellOwner } from '../../../transports/owner.js';
import type { SendOutcome } from './outcome.js';
import type { TopicRef } from '../connection/topic-ref.js';

/** One who waits for the fate of a record: is told the id of its batch, and that it is done, or the error. */
export type Waiter = Observer<bigint>;

const NOTHING = new Uint8Array(0);

/** Who is told what the server says of a parcel. */
export interface ParcelOwner {
  acked(parcel: Parcel): void;
  rejected(parcel: Parcel, error: LanceError, outcome: BatchOutcome): void;
}

/** A batch from its first record to its acknowledgement. */
export class Parcel implements Batch {
  readonly waiters: Waiter[] = [];
  /** It may leave whatever is unacknowledged: it is full, closed, or has waited long enough. */
  due = false;
  /** Which sending it was when it was sent last, of those of its outbox. */
  sending = 0;
  /** Which sending was the last one when it began. */
  behind = 0;
  /** How many times it has been sent. */
  sent = 0;
  /** When it was sent last, if that is to be known. */
  timedSinceMs: number | undefined;
  settled = false;
  /** What was sent last. */
  frame: Uint8Array = NOTHING;

  constructor(
    readonly id: number,
    readonly topic: TopicRef,
    readonly writer: BatchWriter,
    readonly sinceMs: number,
    private readonly owner: ParcelOwner,
  ) {}

  get records(): number {
    return this.writer.recordCount;
  }

  get bytes(): number {
    return this.writer.byteLength;
  }

  /** False if it does not fit. */
  append(type: number, value: Uint8Array | string): boolean {
    return typeof value === 'string' ? this.writer.appendText(type, value) : this.writer.append(type, value);
  }

  /** What is known if it is given up now; `answer` is what the server has made of it when it was sent last. */
  outcome(answer: BatchOutcome = 'unknown'): SendOutcome {
    if (this.sent === 0) return 'not sent';
    // What was sent twice may have been written the first time.
    return this.sent === 1 ? answer : 'unknown';
  }

  /** The server has taken it. */
  acked(): void {
    this.owner.acked(this);
  }

  /** The server has not, as far as is known. */
  rejected(error: LanceError, outcome: BatchOutcome): void {
    this.owner.rejected(this, error, outcome);
  }

  tellAcked(): void {
    this.settled = true;
    const id = BigInt(this.id);
    for (const waiter of this.waiters) {
      // Not by `tellOwner`: there may be one for each record.
      try {
        waiter.next(id);
        waiter.complete();
      } catch (error) {
        reportOwnerError(error);
      }
    }
  }

  tellRejected(error: LanceError): void {
    this.settled = true;
    for (const waiter of this.waiters) tellOwner(() => waiter.error(error));
  }
}
