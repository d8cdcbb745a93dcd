import type { Subscription } from 'rxjs';
import { Command } from '../../../codecs/lance/commands.js';
import {
  InvalidFrameError,
  InvalidRecordError,
  ServerCatchingUpError,
  type LanceError,
} from '../../../codecs/lance/errors.js';
import { commandOf, FrameKind, type Header } from '../../../codecs/lance/header.js';
import { decodeCatchingUp, decodeFetchHead, FETCH_HEAD_BYTES } from '../../../codecs/lance/replies.js';
import { fetchRequest } from '../../../codecs/lance/requests.js';
import { clock } from '../../../foundation/clock.js';
import { exponential } from '../../../foundation/backoff/exponential.js';
import { expectCommand, type Exchange, type RequestSession } from '../../../transports/lance/request-session.js';
import type { TopicRef } from '../connection/topic-ref.js';
import type { CatchingUpOptions } from './consume-options.js';
import { Patience } from './patience.js';
import { Seam, type Joined } from './seam.js';
import { TruncatedError } from './truncated-error.js';

/** Whom the loop works for. */
export interface FetchLoopOwner {
  reserve(bytes: number): boolean;
  unreserve(bytes: number): void;
  /** Bytes of credit that nobody has taken. */
  readonly spareBytes: number;
  /** What one fetch brought, with what was carried in front. */
  fetched(records: Joined, reservedBytes: number): void;
  /** The server answers as it should. */
  answered(byteCount: number): void;
  /** The topic ends here just now. */
  reachedEnd(end: number): void;
  /** The server is behind what was asked for; undefined: it no longer is. */
  catchingUp(error: ServerCatchingUpError | undefined): void;
  /** Nothing is left where this loop was to read. */
  truncated(error: ServerCatchingUpError | TruncatedError): void;
  /** Everything up to the end that was asked for has been fetched. */
  ended(): void;
  /** A fetch over this session failed. */
  trouble(session: RequestSession, error: LanceError): void;
  /** No other session would help. */
  failed(error: LanceError): void;
}

export interface FetchLoopOptions {
  /** As errors name it. */
  readonly topic: TopicRef;
  readonly maxFetchBytes: number;
  readonly maxRecordBytes: number;
  /** How many fetches may be out at once. */
  readonly depth: number;
  readonly catchingUp: Required<CatchingUpOptions>;
}

/** A fetch under way. */
interface Ticket {
  readonly start: number;
  readonly reservedBytes: number;
  /** What was asked for: that much, or less where a carried record is to have room. */
  readonly maxBytes: number;
}

const emptyPollDelays = exponential({ initialMs: 5, maxMs: 50 });

/**
 * Reads a topic from one position on, over one connection at a time. The next fetch leaves as soon as the head of a
 * response says where it begins, if there is credit. Records that a fetch cuts are carried into the next one
 * (lance.md 7.3).
 */
export class FetchLoop {
  private session: RequestSession | undefined;
  private topicId = 0;
  /** Where the next fetch begins; undefined until the last one's head has arrived. */
  private nextStart: number | undefined;
  private readonly seam: Seam;
  /** Fetches under way; those of an earlier connection are forgotten. */
  private readonly out = new Set<Ticket>();
  private pause: Subscription | undefined;
  private emptyPolls = 0;
  private readonly patience: Patience;
  private hasEnded = false;
  /** Over the present connection the server has had what it was asked for. */
  private hasAnswered = false;

  constructor(
    position: number,
    private readonly to: number | undefined,
    private readonly options: FetchLoopOptions,
    private readonly owner: FetchLoopOwner,
  ) {
    this.seam = new Seam(position, options.maxRecordBytes, options.topic);
    this.nextStart = position;
    this.patience = new Patience(options.catchingUp.attempts);
  }

  /** Goes on over a new connection, from the first record that was not delivered. */
  attach(session: RequestSession, topicId: number): void {
    this.session = session;
    this.topicId = topicId;
    this.nextStart = this.seam.resume();
    this.hasAnswered = false;
    this.pull();
  }

  /** The connection is of no more use: what was reserved for its fetches is given back, late answers are ignored. */
  detach(): void {
    this.session = undefined;
    this.forget();
    this.pause?.unsubscribe();
    this.pause = undefined;
  }

  /** Answers to what is out will not be heard, and need no room. */
  private forget(): void {
    const lost = [...this.out];
    this.out.clear();
    for (const { reservedBytes } of lost) this.owner.unreserve(reservedBytes);
  }

  /** Sends as many fetches as there is credit for and as their beginnings are known. */
  pull(): void {
    while (this.nextStart !== undefined && this.session !== undefined && this.pause === undefined && !this.hasEnded) {
      if (this.out.size >= this.options.depth || this.isDone(this.nextStart)) return;
      const reservedBytes = this.fetchBytes(this.nextStart);
      if (!this.owner.reserve(reservedBytes)) return;
      const ticket = { start: this.nextStart, reservedBytes, maxBytes: this.besideCarry(reservedBytes) };
      this.nextStart = undefined;
      this.session.send(this.exchange(this.session, ticket));
    }
  }

  /**
   * What a record that is carried into the answer takes comes on top of what was reserved. Where the window has no room
   * for that, less is asked for: else the batch would wait for it, and a window that fits so many fetches exactly would
   * have one less at work.
   */
  private besideCarry(reservedBytes: number): number {
    const lacking = this.seam.usualCarry - this.owner.spareBytes;
    return lacking <= 0 ? reservedBytes : Math.max(reservedBytes - lacking, Math.ceil(reservedBytes / 2));
  }

  /** Within a bounded read nothing is asked for beyond its end, except what a cut record there still lacks. */
  private fetchBytes(start: number): number {
    const { maxFetchBytes } = this.options;
    if (this.to === undefined) return maxFetchBytes;
    return Math.min(maxFetchBytes, start < this.to ? this.to - start : this.seam.lacking);
  }

  /** Whether a bounded read needs nothing more from `start` on; a record that is cut at its end is still completed. */
  private isDone(start: number): boolean {
    if (this.to === undefined || start < this.to) return false;
    if (this.out.size > 0) return true;
    if (this.seam.carried > 0) return false;
    this.end();
    return true;
  }

  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.owner.ended();
  }

  private exchange(session: RequestSession, ticket: Ticket): Exchange {
    const { start, maxBytes } = ticket;
    this.out.add(ticket);
    return {
      request: fetchRequest(this.topicId, start, maxBytes),
      maxReplyBytes: FETCH_HEAD_BYTES + maxBytes,
      headroom: (header) => (isFetchResponse(header) ? this.seam.headroom(header.payloadLength - FETCH_HEAD_BYTES) : 0),
      begun: (header, bytes, at) => {
        if (isFetchResponse(header) && this.out.has(ticket)) this.begun(header, bytes, at, ticket);
      },
      reply: (header, buffer, from, end) => {
        if (!this.out.has(ticket)) return;
        if (header.kind === FrameKind.Control && commandOf(header) === Command.CatchingUp) {
          const serverOffset = decodeCatchingUp(buffer, from, end);
          this.out.delete(ticket);
          this.behind(serverOffset, ticket);
        } else {
          expectCommand(header, Command.FetchResponse);
          this.out.delete(ticket);
          this.received(buffer, from + FETCH_HEAD_BYTES, end, ticket);
        }
      },
      failed: (error) => {
        if (!this.out.delete(ticket)) return;
        this.owner.unreserve(ticket.reservedBytes);
        this.owner.trouble(session, error);
      },
    };
  }

  /** The head of a response says where the next one begins: no need to wait for the rest of it. */
  private begun(header: Header, bytes: Uint8Array, at: number, { start, maxBytes }: Ticket): void {
    const { nextOffset, byteCount } = decodeFetchHead(bytes, at, header.payloadLength);
    if (nextOffset !== start + byteCount) {
      throw new InvalidFrameError(`a fetch of ${byteCount} bytes from ${start} that ends at ${nextOffset}`);
    }
    // A short answer reached the end of the data: what comes after it is worth asking for once it is here.
    if (byteCount < maxBytes) return;
    this.nextStart = nextOffset;
    this.pull();
  }

  private received(buffer: Uint8Array, from: number, end: number, ticket: Ticket): void {
    const { start, reservedBytes } = ticket;
    if (this.patience.rewarded()) this.owner.catchingUp(undefined);
    const byteCount = end - from;
    this.owner.answered(byteCount);
    // A full answer has been followed up when its head arrived.
    const isShort = byteCount < ticket.maxBytes;
    this.hasAnswered = true;
    if (isShort) this.nextStart = start + byteCount;
    let isDelivered = false;
    if (byteCount === 0) {
      // What is short has not reached the end with every server: some cut where records end.
      this.owner.reachedEnd(start);
      this.standsAtEnd();
    } else {
      this.emptyPolls = 0;
      isDelivered = this.take(buffer, from, end, reservedBytes);
    }
    // Last: whoever stands in line for this credit, this reader included, is asked to fetch at once.
    if (!isDelivered) this.owner.unreserve(reservedBytes);
    if (byteCount > 0) this.pull();
  }

  /** Asks from there next; what is under way is for nobody. */
  private goBack(position: number): void {
    this.nextStart = position;
    this.forget();
  }

  /** Waits for more, unless the data ends in the middle of what is no record. */
  private standsAtEnd(): void {
    try {
      this.nextStart = this.seam.ends() ?? this.nextStart;
    } catch (error) {
      if (error instanceof TruncatedError) this.owner.truncated(error);
      else if (error instanceof InvalidRecordError) this.owner.failed(error);
      else throw error;
      return;
    }
    this.sleep(emptyPollDelays(this.emptyPolls++));
  }

  /** Hands on the records that are whole; false if there are none. */
  private take(buffer: Uint8Array, from: number, end: number, reservedBytes: number): boolean {
    let joined: Joined | undefined;
    try {
      joined = this.seam.join(buffer, from, end);
    } catch (error) {
      if (!(error instanceof TruncatedError)) throw error;
      this.owner.truncated(error);
    }
    if (joined === undefined) return false;
    if (joined.isDamaged) this.goBack(joined.end);
    this.owner.fetched(joined, reservedBytes);
    return true;
  }

  private behind(serverOffset: bigint, { start, reservedBytes }: Ticket): void {
    this.owner.answered(0);
    this.owner.unreserve(reservedBytes);
    const error = new ServerCatchingUpError(serverOffset, { context: { requestedOffset: start } });
    // What was there before is not what a server has yet to catch up with: whatever comes there now may be something
    // else, and no end of the record that is carried.
    this.nextStart = this.seam.resume();
    if (!this.patience.bears(serverOffset, this.hasAnswered)) {
      // A node that knows nothing of the topic yet says so even of its beginning.
      if (serverOffset < BigInt(start)) this.owner.truncated(error);
      else this.owner.failed(error);
      return;
    }
    this.owner.catchingUp(error);
    this.sleep(this.options.catchingUp.pauseMs);
  }

  private sleep(delayMs: number): void {
    this.pause?.unsubscribe();
    this.pause = clock.after(delayMs, () => {
      this.pause = undefined;
      this.pull();
    });
  }
}

function isFetchResponse(header: Header): boolean {
  return header.kind === FrameKind.Control && commandOf(header) === Command.FetchResponse;
}
