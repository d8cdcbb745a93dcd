import type { Subscription } from 'rxjs';
import { errorFromText } from '../../codecs/lance/error-from-text.js';
import {
  AccessDeniedError,
  ForwardFailedError,
  LanceTimeoutError,
  NotLeaderError,
  type LanceError,
} from '../../codecs/lance/errors.js';
import { keepaliveFrame, wideningFrame } from '../../codecs/lance/frames.js';
import { FrameKind, type Header } from '../../codecs/lance/header.js';
import { decodeReplyText } from '../../codecs/lance/replies.js';
import { clock } from '../../foundation/clock.js';
import { AckMatcher, type Batch } from './ack-matcher.js';
import { isErrorReply, MAX_ERROR_BYTES } from './error-reply.js';
import { FrameChannel, type FrameChannelOwner, type FrameConnector } from './frame-channel.js';

export interface IngestSessionEvents {
  opened(): void;
  /** The socket takes more. */
  drained(): void;
  /** The server asks to slow down, until the next ack. */
  backpressure(): void;
  /** The outcome of everything outstanding is unknown. */
  closed(error: LanceError): void;
}

export interface IngestSessionOptions {
  /** How long the connection may be idle before the server is asked whether it is there, in milliseconds; 0: never asked. */
  readonly keepaliveIntervalMs: number;
  /** Makes the server read more at once than it does by itself (lance.md 16.5). */
  readonly widenRound: boolean;
}

const PLAIN: IngestSessionOptions = { keepaliveIntervalMs: 0, widenRound: false };

/** Ingest frames and their acks over one connection; silence longer than `requestTimeoutMs` while one is due ends it. */
export class IngestSession implements FrameChannelOwner {
  private readonly channel: FrameChannel;
  private readonly batches = new AckMatcher();
  private timer: Subscription | undefined;
  private idle: Subscription | undefined;
  /** A keepalive is out. */
  private isAsking = false;
  /** When the server last said something, or something was sent that it is to answer after having said nothing. */
  private lastHeardMs = 0;

  constructor(
    connector: FrameConnector,
    private readonly requestTimeoutMs: number,
    private readonly events: IngestSessionEvents,
    private readonly options: IngestSessionOptions = PLAIN,
  ) {
    this.channel = new FrameChannel(connector, this);
  }

  /** False: wait for `drained` before sending more. */
  send(batch: Batch): boolean {
    this.expectAnswer();
    this.batches.sent(batch);
    return this.channel.write(batch.frame);
  }

  close(): void {
    this.timer?.unsubscribe();
    this.idle?.unsubscribe();
    this.channel.close();
  }

  opened(): void {
    this.lastHeardMs = clock.now();
    if (this.options.widenRound) this.channel.write(wideningFrame());
    if (this.options.keepaliveIntervalMs > 0) this.watchIdle(this.options.keepaliveIntervalMs);
    this.events.opened();
  }

  drained(): void {
    this.events.drained();
  }

  closed(error: LanceError): void {
    this.timer?.unsubscribe();
    this.idle?.unsubscribe();
    this.events.closed(error);
  }

  /** All that comes here are acks and texts. */
  maxPayload(): number {
    return MAX_ERROR_BYTES;
  }

  headroom(): number {
    return 0;
  }

  frame(header: Header, buffer: Uint8Array, start: number, end: number): void {
    this.lastHeardMs = clock.now();
    if (header.kind === FrameKind.Ack) this.batches.acked(header.batchIdLow + header.batchIdHigh * 2 ** 32);
    else if (header.kind === FrameKind.Backpressure) this.events.backpressure();
    // Never answered: the server answers answers, without end (T 11).
    else if (header.kind === FrameKind.Keepalive) this.isAsking = false;
    else if (isErrorReply(header)) this.error(errorFromText(decodeReplyText(buffer, start, end)));
  }

  private error(said: LanceError): void {
    const error = this.channel.refused(said);
    if (error instanceof ForwardFailedError || error instanceof NotLeaderError) {
      // The server may have forgotten the rest of what it had read (T 48): everything outstanding is to be sent again.
      this.end(error);
      return;
    }
    this.batches.refused(error);
    // What is sent later may have a token to show, which takes another connection.
    if (error instanceof AccessDeniedError && this.batches.isEmpty) this.end(error);
  }

  private end(error: LanceError): void {
    this.channel.close(error);
    this.closed(error);
  }

  private get isDue(): boolean {
    return this.isAsking || !this.batches.isEmpty;
  }

  private expectAnswer(): void {
    if (!this.isDue) this.lastHeardMs = clock.now();
    this.timer ??= clock.after(this.requestTimeoutMs, () => this.tick());
  }

  /** The timer is not moved with each answer: when it fires, it looks whether one is due. */
  private tick(): void {
    this.timer = undefined;
    if (!this.isDue) return;
    const { requestTimeoutMs } = this;
    const leftMs = this.lastHeardMs + requestTimeoutMs - clock.now();
    if (leftMs > 0) {
      this.timer = clock.after(leftMs, () => this.tick());
      return;
    }
    this.channel.unanswered();
    const what = this.batches.isEmpty ? 'answer to a keepalive' : 'acknowledgement';
    this.end(new LanceTimeoutError(`no ${what} within ${requestTimeoutMs} ms`, { context: { requestTimeoutMs } }));
  }

  private watchIdle(delayMs: number): void {
    this.idle = clock.after(delayMs, () => {
      const { keepaliveIntervalMs } = this.options;
      const leftMs = this.lastHeardMs + keepaliveIntervalMs - clock.now();
      if (leftMs <= 0 && !this.isDue) {
        this.expectAnswer();
        this.isAsking = true;
        this.channel.write(keepaliveFrame());
      }
      this.watchIdle(leftMs > 0 ? leftMs : keepaliveIntervalMs);
    });
  }
}
