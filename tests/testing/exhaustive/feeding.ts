import { TestScheduler } from 'rxjs/testing';
import { clock } from '../../../src/foundation/clock.js';
import type { ChannelEvents, Connector } from '../../../src/transports/channel.js';
import type { ServerEnd } from '../../../src/transports/server-end.js';

/** Bytes in pieces, as `everySplit` hands them over. */
export type Pieces = readonly Uint8Array[];

/** Who offers memory and is told how much of it has been filled: a reader of frames, a channel's owner. */
export interface Taker {
  target(): Uint8Array;
  received(count: number): void;
}

/** Hands pieces over as a channel does; behind them lies what the last read may have left. */
export function feed(taker: Taker, pieces: Pieces): void {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const target = taker.target();
      const count = Math.min(target.length, piece.length - at);
      target.set(piece.subarray(at, at + count));
      target.fill(0xdb, count, Math.min(count + 64, target.length));
      at += count;
      taker.received(count);
    }
  }
}

/** A peer of which nothing is known but what it says. */
export class Said implements Connector {
  readonly address = 'nowhere';
  private events: ChannelEvents | undefined;

  connect(events: ChannelEvents): ReturnType<Connector['connect']> {
    this.events = events;
    return {
      write: () => true,
      close: () => {
        this.events = undefined;
      },
    };
  }

  open(): void {
    this.events?.opened();
  }

  /** To be taken by whoever connected, for as long as it listens. */
  say(pieces: Pieces): void {
    for (const piece of pieces) if (this.events !== undefined) feed(this.events, [piece]);
  }
}

/** The end of a connection at a server, which notes what the server does. */
export class Heard implements ServerEnd {
  readonly log: string[] = [];

  write(bytes: Uint8Array): boolean {
    this.log.push(hex(bytes));
    return true;
  }

  pause(): void {}
  resume(): void {}

  end(): void {
    this.log.push('end');
  }

  destroy(): void {
    this.log.push('destroy');
  }
}

/** What is done with each item, on a turn of its own, and at last. */
export interface Turns<T> {
  readonly each: (item: T) => void;
  readonly last: () => void;
}

/** Handles the items one by one in virtual time, then waits for a second. */
export function inTurns<T>(items: readonly T[], begin: () => Turns<T>): void {
  new TestScheduler(() => {}).run(() => {
    const { each, last } = begin();
    items.forEach((item, at) => clock.after(at, () => each(item)));
    clock.after(items.length + 1_000, last);
  });
}

/** What an error is, without its stack. */
export function told(error: Error & { code?: unknown }): string {
  return `${error.name} ${String(error.code)}: ${error.message}`;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
