import type { Subscription } from 'rxjs';
import { errorFromText } from '../../codecs/lance/error-from-text.js';
import { LanceError, ForwardFailedError, LanceTimeoutError, NotLeaderError } from '../../codecs/lance/errors.js';
import { FrameKind, type Header } from '../../codecs/lance/header.js';
import { decodeReplyText } from '../../codecs/lance/replies.js';
import { clock } from '../../foundation/clock.js';
import type { Connector } from '../channel.js';
import { isErrorReply, MAX_ERROR_BYTES } from './error-reply.js';
import { FrameChannel, type FrameChannelOwner } from './frame-channel.js';

/** A sealed frame on its way; ids are safe numbers and grow with the order of sending. */
export interface Batch {
  readonly id: number;
  readonly frame: Uint8Array;
  acked(): void;
  /** The server refused it. */
  rejected(error: LanceError): void;
}

export interface IngestSessionEvents {
  opened(): void;
  /** The socket takes more. */
  drained(): void;
  /** The server asks to slow down, until the next ack. */
  backpressure(): void;
  /** The outcome of everything outstanding is unknown. */
  closed(error: LanceError): void;
}

/**
 * Ingest frames and their acks over one connection. Acks come in send order; errors carry no id and may overtake acks
 * of earlier frames, so they are matched by what the next ack skips (lance.md 6.4).
 */
export class IngestSession implements FrameChannelOwner {
  private readonly channel: FrameChannel;
  private readonly outstanding: Batch[] = [];
  private readonly errors: LanceError[] = [];
  private timer: Subscription | undefined;
  private lastHeardMs = 0;

  constructor(
    connector: Connector,
    private readonly ackTimeoutMs: number,
    private readonly events: IngestSessionEvents,
  ) {
    this.channel = new FrameChannel(connector, this);
  }

  /** False: wait for `drained` before sending more. */
  send(batch: Batch): boolean {
    if (this.outstanding.length === 0) this.lastHeardMs = clock.now();
    this.outstanding.push(batch);
    this.timer ??= clock.after(this.ackTimeoutMs, () => this.tick());
    return this.channel.write(batch.frame);
  }

  close(): void {
    this.timer?.unsubscribe();
    this.channel.close();
  }

  opened(): void {
    this.events.opened();
  }

  drained(): void {
    this.events.drained();
  }

  closed(error: LanceError): void {
    this.timer?.unsubscribe();
    this.outstanding.length = 0;
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
    if (header.kind === FrameKind.Ack) this.ack(header.batchIdLow + header.batchIdHigh * 2 ** 32);
    else if (header.kind === FrameKind.Backpressure) this.events.backpressure();
    else if (isErrorReply(header)) this.error(errorFromText(decodeReplyText(buffer, start, end)));
  }

  private ack(id: number): void {
    const at = this.outstanding.findIndex((batch) => batch.id === id);
    // An ack for nothing that is outstanding tells nothing.
    if (at < 0) return;
    const skipped = this.outstanding.splice(0, at).map((batch) => ({ batch, error: this.errors.shift() }));
    const acked = this.outstanding.shift();
    // Before anyone is told: who is told may send more, and an error that is here already can't be about that.
    const rejected = this.certain();
    for (const { batch, error } of skipped) batch.rejected(error ?? unknownOutcome());
    acked?.acked();
    for (const { batch, error } of rejected) batch.rejected(error);
  }

  private error(error: LanceError): void {
    if (error instanceof ForwardFailedError || error instanceof NotLeaderError) {
      // The server may have forgotten the rest of what it had read (T 48): everything outstanding is to be sent again.
      this.close();
      this.closed(error);
      return;
    }
    this.errors.push(error);
    for (const { batch, error: own } of this.certain()) batch.rejected(own);
  }

  /** As many errors as batches: each has its own, in order. */
  private certain(): { readonly batch: Batch; readonly error: LanceError }[] {
    if (this.errors.length === 0 || this.errors.length < this.outstanding.length) return [];
    const errors = this.errors.splice(0);
    return this.outstanding.splice(0).map((batch, at) => ({ batch, error: errors[at] ?? unknownOutcome() }));
  }

  private tick(): void {
    this.timer = undefined;
    if (this.outstanding.length === 0) return;
    const leftMs = this.lastHeardMs + this.ackTimeoutMs - clock.now();
    if (leftMs > 0) {
      this.timer = clock.after(leftMs, () => this.tick());
      return;
    }
    this.channel.close();
    this.closed(
      new LanceTimeoutError(`no acknowledgement within ${this.ackTimeoutMs} ms`, {
        context: { requestTimeoutMs: this.ackTimeoutMs },
      }),
    );
  }
}

function unknownOutcome(): LanceError {
  return new LanceError('the server passed over this batch: its outcome is unknown', { retryable: true });
}
