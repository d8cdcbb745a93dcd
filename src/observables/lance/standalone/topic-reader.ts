import type { Subscription } from 'rxjs';
import { Command } from '../../../codecs/lance/commands.js';
import { InvalidFrameError, LanceError, ServerCatchingUpError } from '../../../codecs/lance/errors.js';
import { commandOf, FrameKind } from '../../../codecs/lance/header.js';
import { decodeCatchingUp, decodeFetchHead, FETCH_HEAD_BYTES } from '../../../codecs/lance/replies.js';
import { fetchRequest } from '../../../codecs/lance/requests.js';
import { clock } from '../../../foundation/clock.js';
import { expectCommand } from '../../../transports/lance/request-session.js';
import { Patience } from '../consuming/patience.js';
import { fetchEnd } from '../consuming/topic-end.js';
import type { Place, TopicLinkPlan } from '../consuming/topic-link.js';
import { ConsumerLink, type ConsumerLinkOwner } from './consumer-link.js';
import { Pieces } from './pieces.js';
import { PollResult } from './poll-result.js';

/** What a reader needs to know. */
export interface TopicReaderPlan extends TopicLinkPlan {
  readonly maxFetchBytes: number;
  readonly maxRecordBytes: number;
}

/** Who waits for the next records. */
export interface Reading {
  /** Undefined: there are none now. */
  answered(result: PollResult | undefined): void;
  failed(error: LanceError): void;
}

const BEHIND_PAUSE_MS = 5_000;
const BEHIND_ATTEMPTS = 3;

/**
 * Reads a topic when it is asked to, one fetch at a time. Whoever stops waiting leaves the fetch to the one who asks
 * next: what it brings is kept, and neither lost nor taken for the answer to something else (lance.md T 33).
 */
export class TopicReader implements ConsumerLinkOwner {
  readonly link: ConsumerLink;
  /** Where the first record starts that nobody was given yet. */
  position = 0;
  private readonly pieces: Pieces;
  private readonly patience = new Patience(BEHIND_ATTEMPTS);
  /** What is under way: answers to anything else are not heard. */
  private asked: object | undefined;
  /** It came when nobody waited. */
  private kept: PollResult | undefined;
  /** The same of an error. */
  private trouble: LanceError | undefined;
  private reading: Reading | undefined;
  private pause: Subscription | undefined;

  constructor(private readonly plan: TopicReaderPlan) {
    this.link = new ConsumerLink(plan, this);
    this.pieces = new Pieces(plan.maxRecordBytes, plan.topic);
  }

  /** The server has less than was asked for: it is left alone for a while. */
  get isBehind(): boolean {
    return this.pause !== undefined;
  }

  /** One at a time; the returned function stops waiting. */
  read(reading: Reading): () => void {
    this.reading = reading;
    this.go();
    return () => {
      if (this.reading === reading) this.reading = undefined;
    };
  }

  /** Goes on from there; what is under way is for nobody. */
  seek(position: number): void {
    this.forget();
    this.patience.rewarded();
    this.goTo(position);
    this.go();
  }

  close(): void {
    this.forget();
    this.link.close();
  }

  // ---- ConsumerLinkOwner

  lost(): void {
    this.startOver();
    this.go();
  }

  failed(error: LanceError): void {
    this.startOver();
    this.takeReading()?.failed(error);
  }

  /** What is under way will not be answered. The first record that is not whole is read from its beginning, as another server may have it. */
  private startOver(): void {
    this.asked = undefined;
    this.pieces.goTo(this.kept === undefined ? this.position : this.pieces.position);
  }

  // ---- one fetch after the other

  private go(): void {
    if (this.reading === undefined) return;
    const { kept, trouble } = this;
    if (kept !== undefined) return this.handOver(kept);
    if (trouble !== undefined) return this.fail(trouble);
    if (this.asked !== undefined || this.pause !== undefined) return;
    const ticket = {};
    this.asked = ticket;
    this.link.use({ ready: (place) => this.fetch(place, ticket), failed: () => {} });
  }

  private fetch({ session, topic }: Place, ticket: object): void {
    if (this.asked !== ticket) return;
    const { maxFetchBytes } = this.plan;
    const start = this.pieces.nextStart;
    session.send({
      request: fetchRequest(topic.id, start, maxFetchBytes),
      maxReplyBytes: FETCH_HEAD_BYTES + maxFetchBytes,
      reply: (header, buffer, from, end) => {
        if (this.asked !== ticket) return;
        if (header.kind === FrameKind.Control && commandOf(header) === Command.CatchingUp) {
          return this.behind(decodeCatchingUp(buffer, from, end), start);
        }
        expectCommand(header, Command.FetchResponse);
        const { nextOffset, byteCount } = decodeFetchHead(buffer, from, end - from);
        if (nextOffset !== start + byteCount) {
          throw new InvalidFrameError(`a fetch of ${byteCount} bytes from ${start} that ends at ${nextOffset}`);
        }
        this.patience.rewarded();
        this.link.alive();
        this.received(buffer.subarray(from + FETCH_HEAD_BYTES, end), nextOffset, { session, topic }, ticket);
      },
      failed: (error) => this.link.trouble(session, error),
    });
  }

  private received(bytes: Uint8Array, bytesEnd: number, { session, topic }: Place, ticket: object): void {
    if (bytes.length === 0) {
      this.asked = undefined;
      const isInDoubt = this.attempt(() => this.pieces.ends());
      if (isInDoubt === true) this.go();
      else this.takeReading()?.answered(undefined);
      return;
    }
    const start = this.pieces.position;
    const data = this.attempt(() => this.pieces.add(bytes));
    if (data === undefined) {
      // A record of several fetches, or damage.
      this.asked = undefined;
      this.go();
      return;
    }
    const brought = (end: number): void => {
      if (this.asked !== ticket) return;
      this.asked = undefined;
      this.kept = new PollResult(data, start, Math.max(0, end - start - data.length));
      this.go();
    };
    // A short answer reached the end of the data; otherwise only the server knows where that is.
    if (bytes.length < this.plan.maxFetchBytes) brought(bytesEnd);
    else fetchEnd(session, topic.id, brought, (error) => this.link.trouble(session, error));
  }

  /** What stands in the topic may be wrong. */
  private attempt<A>(act: () => A): A | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof LanceError)) throw error;
      this.fail(error);
      return undefined;
    }
  }

  private behind(serverOffset: bigint, start: number): void {
    this.asked = undefined;
    this.link.alive();
    this.pieces.doubt();
    if (!this.patience.bears(serverOffset, this.pieces.hasBeenThere)) {
      // Whoever polls again is as patient as before.
      this.patience.rewarded();
      const error = new ServerCatchingUpError(serverOffset, { context: { requestedOffset: start } });
      this.fail(error);
      return;
    }
    this.pause = clock.after(BEHIND_PAUSE_MS, () => {
      this.pause = undefined;
      this.go();
    });
  }

  private handOver(result: PollResult): void {
    this.kept = undefined;
    this.position = Number(result.endOffset);
    this.takeReading()?.answered(result);
  }

  /** Tells whoever waits, else the next one. */
  private fail(error: LanceError): void {
    const reading = this.takeReading();
    this.trouble = reading === undefined ? error : undefined;
    reading?.failed(error);
  }

  private goTo(position: number): void {
    this.position = position;
    this.pieces.goTo(position);
  }

  private forget(): void {
    this.asked = undefined;
    this.kept = undefined;
    this.trouble = undefined;
    this.pause?.unsubscribe();
    this.pause = undefined;
  }

  private takeReading(): Reading | undefined {
    const { reading } = this;
    this.reading = undefined;
    return reading;
  }
}
