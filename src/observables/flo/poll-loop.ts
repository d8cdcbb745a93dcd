import type { Subscription } from 'rxjs';
import { InternalServerError, PayloadTooLargeError, type FloError } from '../../codecs/flo/errors.js';
import { MAX_DEQUEUE_COUNT } from '../../codecs/flo/limits.js';
import type { QueueMessage } from '../../codecs/flo/operations.js';
import { clock } from '../../foundation/clock.js';
import type { Failure } from '../../transports/flo/call.js';
import { Pacing } from './pacing.js';

/** Who polls. */
export interface PollOwner {
  /** What is reserved for a message of which nothing is known. */
  readonly shareBytes: number;
  /** Makes room for one message, if there is any. */
  reserve(bytes: number): boolean;
  /** One that was made room for did not come. */
  unreserve(bytes: number): void;
  /** Sends a poll; what is returned calls it off, true if it never left. */
  poll(count: number, poll: Poll): () => boolean;
  /** One message, for which there is room. */
  arrived(message: QueueMessage, poll: Answered): void;
  /** Messages that nobody has room or use for, leased since `sinceMs` or later. */
  giveBack(messages: readonly QueueMessage[], sinceMs: number): void;
  trouble(error: FloError, how: Failure): void;
}

/** What becomes of a poll. */
export interface Poll {
  sent(): void;
  answered(messages: readonly QueueMessage[]): void;
  failed(error: FloError, how: Failure): void;
  late(messages: readonly QueueMessage[]): void;
}

/** What a message has to know of the poll that brought it. */
export interface Answered {
  readonly sentMs: number;
  /** For each of its messages. */
  readonly reservedBytes: number;
  /** It brought no other. */
  readonly isAlone: boolean;
}

/** Genuine servers drop an answer that exceeds 256 KiB, and its messages with it (flo.md 5). */
const ANSWER_BYTES = 192 * 1024;

/**
 * One poll at a time, each for as many messages as there is room for, if they are as large as the last ones. A poll that
 * has to wait brings one message when it is woken: where no more is to be expected, one is asked for, and the rest of a
 * shared window is left to others.
 */
export class PollLoop {
  private readonly pacing = new Pacing();
  private out: { readonly callOff: () => boolean } | undefined;
  private pause: Subscription | undefined;
  private isIdle = true;
  /** The largest message of late. */
  private largest = 1;
  private stopped = false;
  private ended: (() => void) | undefined;

  constructor(
    private readonly blockMs: number,
    private readonly owner: PollOwner,
  ) {}

  /** Polls if there is room, and no poll is out. */
  pull(): void {
    if (this.stopped || this.out !== undefined || this.pause !== undefined) return;
    const wanted = this.isIdle ? 1 : Math.min(MAX_DEQUEUE_COUNT, Math.max(1, Math.floor(ANSWER_BYTES / this.largest)));
    const bytes = Math.max(this.owner.shareBytes, this.largest);
    let count = 0;
    // Until the poll is sent, room that others leave is not for another one.
    this.out = { callOff: () => false };
    while (count < wanted && this.owner.reserve(bytes)) count++;
    if (count === 0) this.out = undefined;
    else this.ask(count, bytes);
  }

  /** A poll is out, the last one. */
  get isLeaving(): boolean {
    return this.stopped && this.out !== undefined;
  }

  /** No further poll; the one that is out goes on. */
  stop(): void {
    this.stopped = true;
    this.pause?.unsubscribe();
  }

  /** Calls `then` when no poll is out any more: one that has not left is called off, one that has is waited for. */
  close(then: () => void): void {
    this.stop();
    if (this.out?.callOff() === true) this.out = undefined;
    if (this.out === undefined) then();
    else this.ended = then;
  }

  private ask(count: number, bytes: number): void {
    let sentMs = clock.now();
    const callOff = this.owner.poll(count, {
      sent: () => (sentMs = clock.now()),
      answered: (messages) => {
        this.take(messages, count, { sentMs, reservedBytes: bytes, isAlone: messages.length === 1 });
        this.back();
        this.rest(messages.length === 0 ? this.pacing.empty(clock.now() - sentMs, this.blockMs) : 0);
      },
      failed: (error, how) => {
        this.unreserve(count, bytes);
        const trouble = count > 1 ? troubleOfMany(error) : error;
        if (trouble instanceof PayloadTooLargeError) this.largest = ANSWER_BYTES;
        this.back();
        this.owner.trouble(trouble, how);
      },
      late: (messages) => this.owner.giveBack(messages, sentMs),
    });
    this.out = { callOff };
  }

  private take(messages: readonly QueueMessage[], count: number, poll: Answered): void {
    this.isIdle = messages.length < count;
    if (messages.length > 0) this.pacing.reset();
    this.largest = messages.reduce((most, { payload }) => Math.max(most, payload.length), Math.ceil(this.largest / 2));
    const welcome = messages.slice(0, count);
    for (const message of welcome) this.owner.arrived(message, poll);
    this.unreserve(count - welcome.length, poll.reservedBytes);
    if (messages.length > count) this.owner.giveBack(messages.slice(count), poll.sentMs);
  }

  private unreserve(count: number, bytes: number): void {
    for (let i = 0; i < count; i++) this.owner.unreserve(bytes);
  }

  private back(): void {
    this.out = undefined;
    const { ended } = this;
    this.ended = undefined;
    ended?.();
  }

  /** The owner pulls after each answer. */
  private rest(pauseMs: number): void {
    if (this.stopped) return;
    if (pauseMs === 0) return;
    this.pause = clock.after(pauseMs, () => {
      this.pause = undefined;
      this.pull();
    });
  }
}

/** That an answer did not fit is said as if there were no such operation; to a poll for one message it may be meant. */
function troubleOfMany(error: FloError): FloError {
  if (!(error instanceof InternalServerError && error.notImplemented)) return error;
  return new PayloadTooLargeError('the server has dropped an answer, too large perhaps', { cause: error });
}
