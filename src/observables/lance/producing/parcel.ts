import type { Observer } from 'rxjs';
import type { LanceError } from '../../../codecs/lance/errors.js';
import type { BatchWriter } from '../../../codecs/lance/batch-writer.js';
import type { BatchOutcome } from '../../../transports/lance/ack-matcher.js';
import type { SendOutcome } from './outcome.js';
import type { TopicRef } from '../connection/topic-ref.js';

/** One who waits for the fate of a record: is told the id of its batch, and that it is done, or the error. */
export type Waiter = Observer<bigint>;

/** A batch from its first record to its acknowledgement. */
export class Parcel {
  readonly waiters: Waiter[] = [];
  /** It may leave whatever is unacknowledged: it is full, closed, or has waited long enough. */
  due = false;
  /** Which sending it was when it was sent last, of those of its outbox. */
  sending = 0;
  /** Which sending was the last one when it began. */
  behind = 0;
  /** How many times it has been sent. */
  sent = 0;
  /** When it was sent last. */
  sentMs = 0;
  settled = false;

  constructor(
    readonly id: number,
    readonly topic: TopicRef,
    readonly writer: BatchWriter,
    readonly sinceMs: number,
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

  tellAcked(): void {
    this.settled = true;
    const id = BigInt(this.id);
    for (const waiter of this.waiters) {
      waiter.next(id);
      waiter.complete();
    }
  }

  tellRejected(error: LanceError): void {
    this.settled = true;
    for (const waiter of this.waiters) waiter.error(error);
  }
}
