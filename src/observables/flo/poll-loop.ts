import type { Subscription } from 'rxjs';
import type { FloError } from '../../codecs/flo/errors.js';
import { MAX_DEQUEUE_COUNT } from '../../codecs/flo/limits.js';
import type { QueueMessage } from '../../codecs/flo/operations.js';
import { clock } from '../../foundation/clock.js';
import type { Failure } from '../../transports/flo/call.js';
import { Pacing } from './pacing.js';

/** Who polls. */
export interface PollOwner {
  /** Makes room for one message, if there is any. */
  reserve(): boolean;
  /** One that was made room for did not come. */
  unreserve(): void;
  /** Sends a poll; what is returned calls it off, true if it never left. */
  poll(count: number, poll: Poll): () => boolean;
  /** One message, for which there is room. */
  arrived(message: QueueMessage, sentMs: number): void;
  /** Messages that nobody has room or use for. */
  giveBack(messages: readonly QueueMessage[]): void;
  trouble(error: FloError, how: Failure): void;
}

/** What becomes of a poll. */
export interface Poll {
  sent(): void;
  answered(messages: readonly QueueMessage[]): void;
  failed(error: FloError, how: Failure): void;
  late(messages: readonly QueueMessage[]): void;
}

/** Genuine servers drop an answer that exceeds 256 KiB, and its messages with it (flo.md 5). */
const ANSWER_BYTES = 192 * 1024;

/**
 * One poll at a time, each for as many messages as there is room for. A poll that has to wait brings one message when it
 * is woken, so the next after an empty one asks for one and leaves the rest of a shared window to others.
 */
export class PollLoop {
  private readonly pacing = new Pacing();
  private out: { readonly callOff: () => boolean } | undefined;
  private pause: Subscription | undefined;
  private isIdle = true;
  /** The largest message of the last answer. */
  private largest = 0;
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
    let count = 0;
    // Until the poll is sent, room that others leave is not for another one.
    this.out = { callOff: () => false };
    while (count < wanted && this.owner.reserve()) count++;
    if (count === 0) this.out = undefined;
    else this.ask(count);
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
    if (this.out === undefined || this.out.callOff()) then();
    else this.ended = then;
  }

  private ask(count: number): void {
    let sentMs = clock.now();
    const callOff = this.owner.poll(count, {
      sent: () => (sentMs = clock.now()),
      answered: (messages) => {
        this.take(messages, count, sentMs);
        this.back();
        this.rest(messages.length === 0 ? this.pacing.empty(clock.now() - sentMs, this.blockMs) : 0);
      },
      failed: (error, how) => {
        this.unreserve(count);
        this.back();
        this.owner.trouble(error, how);
      },
      late: (messages) => this.owner.giveBack(messages),
    });
    this.out = { callOff };
  }

  private take(messages: readonly QueueMessage[], count: number, sentMs: number): void {
    this.isIdle = messages.length === 0;
    if (!this.isIdle) {
      this.pacing.reset();
      this.largest = messages.reduce((most, { payload }) => Math.max(most, payload.length), 1);
    }
    const welcome = messages.slice(0, count);
    for (const message of welcome) this.owner.arrived(message, sentMs);
    this.unreserve(count - welcome.length);
    if (messages.length > count) this.owner.giveBack(messages.slice(count));
  }

  private unreserve(count: number): void {
    for (let i = 0; i < count; i++) this.owner.unreserve();
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
