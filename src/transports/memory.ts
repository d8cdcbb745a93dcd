import { milliseconds } from '../foundation/check.js';
import type { Connector } from './channel.js';
import { MemoryLink } from './memory-link.js';
import type { ServerEnd, ServerEvents } from './server-end.js';

/** Options of {@link MemoryListener}. */
export interface MemoryListenerOptions {
  /** For errors and reports (default `memory`). */
  readonly address?: string | undefined;
}

/** Options of {@link MemoryListener.connector}. */
export interface MemoryConnectorOptions {
  /** How long bytes take one way, in milliseconds; opening takes a round trip (default 0: the next turn). */
  readonly latencyMs?: number | undefined;
}

/**
 * A place that channels in memory lead to. It behaves as a TCP server on one host, and all its time is the library's
 * clock: inside `TestScheduler.run` it is virtual.
 *
 * Nothing arrives inside a call, always on a later turn; order is kept. `write` returns false once 64 KiB are under way,
 * and `drained` follows when all of them have arrived. What a client writes before its `close` still arrives, and then
 * its end; whatever is under way when the server drops a connection is lost, and the client is told `ECONNRESET`.
 *
 * @example
 * const echo = new MemoryListener((end) => ({
 *   received: (bytes) => end.write(bytes),
 *   drained() {},
 *   ended: () => end.end(),
 *   closed() {},
 * }));
 * echo.open();
 * const connector = echo.connector({ latencyMs: 5 });
 */
export class MemoryListener {
  readonly address: string;
  readonly #accept: (end: ServerEnd) => ServerEvents;
  readonly #links = new Set<MemoryLink>();
  #listening = false;

  /** `accept` is called for each connection, before the client is told that it is open; it may write at once. */
  constructor(accept: (end: ServerEnd) => ServerEvents, { address = 'memory' }: MemoryListenerOptions = {}) {
    this.address = address;
    this.#accept = accept;
  }

  get listening(): boolean {
    return this.#listening;
  }

  /** How many connections the server holds. */
  get connections(): number {
    return this.#links.size;
  }

  /** From now on connections are accepted; before, they are refused. */
  open(): void {
    this.#listening = true;
  }

  /** The server stops: its connections are dropped, new ones refused with `ECONNREFUSED` until it opens again. */
  close(): void {
    this.#listening = false;
    for (const link of this.#links) link.drop();
  }

  /**
   * Makes channels to this listener.
   *
   * @throws InvalidOptionError if `latencyMs` is out of range.
   */
  connector({ latencyMs = 0 }: MemoryConnectorOptions = {}): Connector {
    milliseconds('latencyMs', latencyMs);
    const host = {
      address: this.address,
      accept: this.#accept,
      links: this.#links,
      isListening: () => this.#listening,
    };
    return { address: this.address, connect: (events) => new MemoryLink(host, latencyMs, events).channel };
  }
}
