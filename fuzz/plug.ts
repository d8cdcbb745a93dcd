import type { Channel, ChannelEvents, Connector } from '../src/transports/channel.js';
import { deliver } from '../src/transports/owner.js';

/** A connection whose other end is in our hand: no time passes, and whatever its owner throws comes out here. */
export class Plug implements Connector {
  readonly address = 'fuzz';
  isClosed = false;
  private events: ChannelEvents | undefined;

  connect(events: ChannelEvents): Channel {
    this.events = events;
    return { write: () => true, close: () => (this.isClosed = true) };
  }

  open(): void {
    this.events?.opened();
  }

  feed(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (this.events === undefined || this.isClosed) return;
      deliver(piece, this.events, () => !this.isClosed);
    }
  }

  /** The peer has gone, if we have not been left before. */
  end(): void {
    if (!this.isClosed) this.events?.closed();
    this.isClosed = true;
  }
}
