import type { OnReadOpts, Socket } from 'node:net';
import type { Subscription } from 'rxjs';
import { clock } from '../foundation/clock.js';
import type { Channel, ChannelEvents } from './channel.js';
import { ChannelError, type ChannelFailure } from './channel-error.js';
import { HIGH_WATER_MARK } from './high-water-mark.js';
import { deliver, reportOwnerError } from './owner.js';

/**
 * Of frames up to this size the first of a tick leaves at once, mostly it is the only one; the others are gathered for one
 * system call. For larger ones that would cost more than it saves.
 */
const SMALL_FRAME = 16 * 1024;

/** What is read before the owner has been asked for a target: Node wants a buffer while `connect` still runs. */
const FIRST_READ = 1024;

/** After so much silence the system asks whether the peer is still there, and breaks the connection if nobody answers. */
const KEEPALIVE_MS = 60_000;

/** How a socket is opened. */
export interface SocketKind {
  /** Opens one that reads with the given options. */
  open(onread: OnReadOpts): Socket;
  /** What it says when bytes may be written. */
  readonly opens: 'connect' | 'secureConnect';
  /** What an error of it means, if that is not what the system reported. */
  failure?(error: NodeJS.ErrnoException, isOpen: boolean): ChannelError | undefined;
}

/**
 * A channel over a Node socket. Bytes are read straight into the owner's targets.
 *
 * If the owner throws out of one of its event functions, that is reported as an uncaught exception, and the channel
 * closes: the owner is told `closed` with an error that has it as its cause and is not retryable.
 */
export class SocketChannel implements Channel {
  readonly #address: string;
  readonly #events: ChannelEvents;
  readonly #kind: SocketKind;
  readonly #socket: Socket;
  readonly #first = new Uint8Array(FIRST_READ);
  #timeout: Subscription | undefined;
  #open = false;
  #ended = false;
  #corked = false;
  /** Something small has been written in this tick, or waits for the system since. */
  #hasWritten = false;
  #waiting = false;
  readonly #left = (): void => {
    this.#hasWritten = false;
  };
  readonly #endTick = (): void => this.#uncork();

  constructor(address: string, connectTimeoutMs: number, events: ChannelEvents, kind: SocketKind) {
    this.#address = address;
    this.#events = events;
    this.#kind = kind;
    this.#socket = kind.open({ buffer: () => this.#target(), callback: (count, bytes) => this.#read(count, bytes) });
    this.#timeout = clock.after(connectTimeoutMs, () => this.#fail({ code: 'ETIMEDOUT', syscall: 'connect' }));
    this.#socket
      .once(kind.opens, () => this.#opened())
      .on('drain', () => this.#drained())
      // Before it is open, an error follows that says more.
      .once('end', () => this.#open && this.#end())
      .on('error', (error) => this.#broke(error))
      .once('close', () => this.#end());
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    const socket = this.#socket;
    if (bytes.length > SMALL_FRAME) {
      this.#uncork();
      socket.write(bytes);
    } else if (this.#hasWritten) {
      this.#cork();
      socket.write(bytes);
    } else {
      this.#hasWritten = true;
      // Node calls back when the tick ends, at the earliest.
      socket.write(bytes, this.#left);
    }
    // False must mean that the system is full. While frames are only held back, `drained` would follow in the same tick, and
    // an owner that writes in it would keep the event loop from ever turning.
    if (socket.writableLength >= HIGH_WATER_MARK) this.#uncork();
    // Node asks for a pause already at 16 KiB, and even when the system has taken everything; what counts is what still waits.
    if (!socket.writableNeedDrain || socket.writableLength < HIGH_WATER_MARK) return true;
    this.#waiting = true;
    return false;
  }

  close(): void {
    // What was written in this tick would be with the system by now, had it not been held back.
    this.#uncork();
    this.#release();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(this.#endTick);
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  #opened(): void {
    this.#timeout?.unsubscribe();
    this.#open = true;
    this.#socket.setKeepAlive(true, KEEPALIVE_MS);
    if (!this.#ended) this.#tell(() => this.#events.opened());
  }

  #target(): Uint8Array {
    if (!this.#open || this.#ended) return this.#first;
    try {
      return this.#events.target();
    } catch (error) {
      this.#ownerThrew(error);
      return this.#first;
    }
  }

  #read(count: number, bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    try {
      if (bytes === this.#first) deliver(bytes.subarray(0, count), this.#events, () => !this.#ended);
      else this.#events.received(count);
    } catch (error) {
      this.#ownerThrew(error);
    }
    return !this.#ended;
  }

  #drained(): void {
    if (!this.#waiting || this.#ended) return;
    this.#waiting = false;
    this.#tell(() => this.#events.drained());
  }

  #tell(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#ownerThrew(error);
    }
  }

  #ownerThrew(error: unknown): void {
    reportOwnerError(error);
    if (this.#ended) return;
    this.#release();
    // A later tick: the owner may still be in the middle of the call that it threw out of.
    process.nextTick(() => this.#events.closed(ChannelError.ownerThrew(this.#address, error)));
  }

  #broke(error: NodeJS.ErrnoException): void {
    const failure = this.#kind.failure?.(error, this.#open);
    if (failure === undefined) this.#fail(firstOf(error), error);
    else this.#end(failure);
  }

  #fail(failure: ChannelFailure, cause?: unknown): void {
    this.#end(ChannelError.of(this.#address, failure, cause));
  }

  #end(error?: ChannelError): void {
    if (this.#ended) return;
    this.#release();
    this.#events.closed(error);
  }

  #release(): void {
    this.#ended = true;
    this.#timeout?.unsubscribe();
    this.#socket.destroy();
  }
}

/** When a name has several addresses, Node reports an `AggregateError` with one error for each: the first says most. */
function firstOf(error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }): ChannelFailure {
  const { code, syscall } = error.errors?.[0] ?? error;
  return { code, syscall };
}
