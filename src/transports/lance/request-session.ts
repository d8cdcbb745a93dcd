import type { Subscription } from 'rxjs';
import { commandName } from '../../codecs/lance/commands.js';
import { errorFromText } from '../../codecs/lance/error-from-text.js';
import { ConnectionError, LanceError, LanceTimeoutError, ProtocolError } from '../../codecs/lance/errors.js';
import type { FrameOwner } from '../../codecs/lance/frame-reader.js';
import { commandOf, FrameKind, MAX_PAYLOAD_BYTES, type Header } from '../../codecs/lance/header.js';
import { decodeReplyText } from '../../codecs/lance/replies.js';
import { clock } from '../../foundation/clock.js';
import { isErrorReply, MAX_ERROR_BYTES } from './error-reply.js';
import { requestName } from './request-name.js';
import { FrameChannel, type FrameConnector } from './frame-channel.js';

/** One request and what is to become of its reply. */
export interface Exchange {
  readonly request: Uint8Array;
  /** The largest payload that the reply may have; 16 MiB by default. The text of an error may always have 64 KiB. */
  readonly maxReplyBytes?: number;
  headroom?(header: Header): number;
  begun?(header: Header, bytes: Uint8Array, at: number): void;
  reply(header: Header, buffer: Uint8Array, start: number, end: number): void;
  /** The server refused, or the connection ended first. */
  failed(error: LanceError): void;
}

export interface RequestSessionEvents {
  opened(): void;
  /** Everything that was asked for has been answered. */
  idle?(): void;
  /** Comes once, and not after `close()`. What is asked for again inside goes to another session. */
  closed(error: LanceError): void;
}

interface Waiting {
  readonly exchange: Exchange;
  readonly untilMs: number;
}

/**
 * Requests and their replies over one connection. The wire has no correlation id: replies belong to requests by
 * position (lance.md 1.3, O1), and after a timeout the connection is closed, because the late reply would be taken for
 * the next one's.
 */
export class RequestSession implements FrameOwner {
  private readonly channel: FrameChannel;
  private readonly waiting: Waiting[] = [];
  private timer: Subscription | undefined;
  private over = false;

  constructor(
    connector: FrameConnector,
    private readonly requestTimeoutMs: number,
    private readonly events: RequestSessionEvents,
  ) {
    this.channel = new FrameChannel(connector, this);
  }

  /** Requests under way. */
  get pending(): number {
    return this.waiting.length;
  }

  /** Over a connection that has ended it fails, on a later turn. */
  send(exchange: Exchange): void {
    if (this.over) {
      clock.after(0, () => exchange.failed(new ConnectionError('the connection has ended')));
      return;
    }
    const untilMs = clock.now() + this.requestTimeoutMs;
    this.waiting.push({ exchange, untilMs });
    this.channel.write(exchange.request);
    this.timer ??= clock.after(this.requestTimeoutMs, () => this.tick());
  }

  /** Ends the connection; exchanges under way fail with `error`, or are forgotten. */
  close(error?: LanceError): void {
    const lost = this.end();
    if (error !== undefined) for (const { exchange } of lost) exchange.failed(error);
  }

  /** Ends the connection because of this error; exchanges under way fail with it. */
  drop(error: LanceError): void {
    for (const { exchange } of this.end(error)) exchange.failed(error);
  }

  opened(): void {
    this.events.opened();
  }

  closed(error: LanceError): void {
    // A frame that is none came in the place of the oldest one's reply.
    this.fail(error, error instanceof ProtocolError ? this.waiting.shift() : undefined);
  }

  maxPayload(header: Header): number {
    const exchange = this.waiting[0]?.exchange;
    // Nobody has asked for anything: whatever it is, it is nothing to make room for.
    if (exchange === undefined) return 0;
    const { maxReplyBytes = MAX_PAYLOAD_BYTES } = exchange;
    return isErrorReply(header) ? Math.max(maxReplyBytes, MAX_ERROR_BYTES) : maxReplyBytes;
  }

  headroom(header: Header): number {
    return this.waiting[0]?.exchange.headroom?.(header) ?? 0;
  }

  begun(header: Header, bytes: Uint8Array, at: number): void {
    this.waiting[0]?.exchange.begun?.(header, bytes, at);
  }

  frame(header: Header, buffer: Uint8Array, start: number, end: number): void {
    // Advisory, and an answer to nothing (lance.md 2.6).
    if (header.kind === FrameKind.Backpressure) return;
    const answered = this.waiting.shift();
    if (answered === undefined) throw new ProtocolError(`a ${header.kind} frame that nobody asked for`);
    if (isErrorReply(header)) {
      const error = errorFromText(decodeReplyText(buffer, start, end));
      answered.exchange.failed(this.channel.refused(error));
    } else {
      try {
        answered.exchange.reply(header, buffer, start, end);
      } catch (error) {
        // Only what the peer did wrong is the end of the session; anything else is a bug and must be seen.
        if (!(error instanceof LanceError)) throw error;
        this.fail(error, answered);
      }
    }
    if (this.waiting.length === 0 && !this.over) this.events.idle?.();
  }

  /** The timer is not moved with each reply: when it fires, it looks whose turn it is. */
  private tick(): void {
    this.timer = undefined;
    const [oldest] = this.waiting;
    if (oldest === undefined) return;
    const leftMs = oldest.untilMs - clock.now();
    if (leftMs > 0) {
      this.timer = clock.after(leftMs, () => this.tick());
      return;
    }
    const { requestTimeoutMs } = this;
    const request = requestName(oldest.exchange.request);
    const message = `${this.channel.address}: no reply to ${request} within ${requestTimeoutMs} ms`;
    const error = new LanceTimeoutError(message, { context: { requestTimeoutMs, request } });
    this.channel.unanswered();
    this.fail(error, this.waiting.shift());
  }

  /** `culprit` is the exchange that the error is about; the others only lost their connection. */
  private fail(error: LanceError, culprit?: Waiting): void {
    if (this.over) return;
    const lost = this.end(error);
    this.events.closed(error);
    culprit?.exchange.failed(error);
    // A bad frame was about one exchange; what the connection itself died of would befall the others again.
    const retryable = !(error instanceof ConnectionError) || error.retryable;
    const details = { cause: error, retryable, context: error.context };
    for (const { exchange } of lost) {
      exchange.failed(new ConnectionError(`the connection ended before the reply: ${error.message}`, details));
    }
  }

  private end(why?: LanceError): Waiting[] {
    this.over = true;
    this.timer?.unsubscribe();
    this.channel.close(why);
    return this.waiting.splice(0);
  }
}

/** Throws {@link ProtocolError} unless the frame is a control frame with this command. */
export function expectCommand(header: Header, expected: number): void {
  if (header.kind === FrameKind.Control && commandOf(header) === expected) return;
  const got = header.kind === FrameKind.Control ? commandName(commandOf(header)) : `a ${header.kind} frame`;
  throw new ProtocolError(`expected ${commandName(expected)}, got ${got}`);
}
