import { clock } from '../foundation/clock.js';
import type { Channel, ChannelEvents } from './channel.js';
import { ChannelError } from './channel-error.js';
import { MemoryPipe } from './memory-pipe.js';
import { deliver, reportOwnerError } from './owner.js';
import type { ServerEnd, ServerEvents } from './server-end.js';

/** What a connection needs to know of the listener that it leads to. */
export interface MemoryHost {
  readonly address: string;
  isListening(): boolean;
  readonly accept: (end: ServerEnd) => ServerEvents;
  /** The connections that the server holds. */
  readonly links: Set<MemoryLink>;
}

/** One connection in memory: a pipe each way, and who still stands at their ends. */
export class MemoryLink {
  readonly #host: MemoryHost;
  readonly #latencyMs: number;
  readonly #up: MemoryPipe;
  readonly #down: MemoryPipe;
  #client: ChannelEvents | undefined;
  #server: ServerEvents | undefined;
  #serverState: 'ahead' | 'open' | 'ending' | 'gone' = 'ahead';

  readonly channel: Channel = {
    write: (bytes) => this.#client !== undefined && this.#serverState !== 'gone' && this.#up.write(bytes),
    close: () => this.#leave(),
  };

  readonly #end: ServerEnd = {
    write: (bytes) => this.#serverState === 'open' && this.#down.write(bytes),
    pause: () => {
      if (this.#serverState === 'open') this.#up.pause();
    },
    resume: () => this.#up.resume(),
    end: () => {
      if (this.#serverState !== 'open') return;
      this.#serverState = 'ending';
      this.#up.resume();
      this.#down.signal(() => this.#closeClient());
    },
    destroy: () => this.drop(),
  };

  constructor(host: MemoryHost, latencyMs: number, client: ChannelEvents) {
    this.#host = host;
    this.#latencyMs = latencyMs;
    this.#client = client;
    this.#up = new MemoryPipe(latencyMs, {
      arrived: (bytes) => this.#tellServer((server) => server.received(new Uint8Array(bytes))),
      drained: () => this.#tellClient((events) => events.drained()),
    });
    this.#down = new MemoryPipe(latencyMs, {
      arrived: (bytes) => this.#toClient(bytes),
      drained: () => this.#tellServer((server) => server.drained()),
    });
    this.#up.signal(() => this.#arrive());
  }

  /** The server's end is gone, as when its process died: what is under way is lost, and the client's end is reset. */
  drop(): void {
    if (this.#serverState === 'gone') return;
    this.#serverState = 'gone';
    this.#up.forget();
    this.#down.forget();
    if (this.#client !== undefined) this.#down.signal(() => this.#closeClient({ code: 'ECONNRESET', syscall: 'read' }));
    clock.after(0, () => this.#closeServer());
  }

  #arrive(): void {
    if (!this.#host.isListening()) {
      this.#serverState = 'gone';
      this.#down.signal(() => this.#closeClient({ code: 'ECONNREFUSED', syscall: 'connect' }));
      return;
    }
    this.#serverState = 'open';
    this.#host.links.add(this);
    this.#down.signal(() => this.#tellClient((events) => events.opened()));
    try {
      this.#server = this.#host.accept(this.#end);
    } catch (error) {
      reportOwnerError(error);
      this.drop();
    }
  }

  #toClient(bytes: Uint8Array): void {
    // Bytes for a client that has left are answered with a reset.
    if (this.#client === undefined) clock.after(this.#latencyMs, () => this.drop());
    else this.#tellClient((events) => deliver(bytes, events, () => this.#client !== undefined));
  }

  #tellClient(event: (events: ChannelEvents) => void): void {
    const events = this.#client;
    if (events === undefined) return;
    try {
      event(events);
    } catch (error) {
      reportOwnerError(error);
      if (this.#client === undefined) return;
      this.#leave();
      clock.after(0, () => events.closed(ChannelError.ownerThrew(this.#host.address, error)));
    }
  }

  #tellServer(event: (server: ServerEvents) => void): void {
    if (this.#server === undefined || this.#serverState !== 'open') return;
    try {
      event(this.#server);
    } catch (error) {
      reportOwnerError(error);
      this.drop();
    }
  }

  /** The client's end is gone. What it wrote before still arrives. */
  #leave(): void {
    if (this.#client === undefined) return;
    this.#client = undefined;
    if (this.#serverState === 'ahead') this.#up.forget();
    else if (this.#serverState === 'gone') this.#down.forget();
    else this.#up.signal(() => this.#clientHasLeft());
  }

  #closeClient(failure?: { code: string; syscall: string }): void {
    const events = this.#client;
    this.#leave();
    events?.closed(failure && ChannelError.of(this.#host.address, failure));
  }

  #clientHasLeft(): void {
    this.#tellServer((server) => server.ended());
    this.#serverState = 'gone';
    this.#down.forget();
    this.#closeServer();
  }

  #closeServer(): void {
    const server = this.#server;
    this.#server = undefined;
    this.#host.links.delete(this);
    server?.closed();
  }
}
