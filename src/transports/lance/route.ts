import { AccessDeniedError, NotLeaderError } from '../../codecs/lance/errors.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../channel.js';
import { authenticated } from './authenticated.js';
import { ConnectionBook } from './connection-book.js';
import type { FrameConnector } from './frame-channel.js';

/** Where a client's connections lead. */
export interface RouteOptions {
  /** The server that the client was told of. */
  readonly origin: Connector;
  /** How another one is reached, by its `host:port`; without it nobody follows a redirect. */
  readonly reach?: ((address: string) => Connector) | undefined;
  /** How many redirects in a row, without a success between them, are followed. */
  readonly maxRedirects: number;
  /** How long the server may take to accept the token, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly token?: string | undefined;
}

/**
 * The way of all connections of one client: to the server that it was told of, or to the leader that a server has named
 * (lance.md 9.3), and past the gate that wants a token (10.1). A leader that can't be reached, or says nothing, is left
 * for the first server again.
 */
export class Route implements FrameConnector {
  readonly maxRedirects: number;
  readonly book: ConnectionBook;
  /** How many redirects have moved the route. */
  redirects = 0;
  readonly #origin: Connector;
  readonly #reach: RouteOptions['reach'];
  readonly #timeoutMs: number;
  #leader: Connector | undefined;
  #token: string | undefined;

  constructor({ origin, reach, maxRedirects, requestTimeoutMs, token }: RouteOptions) {
    this.maxRedirects = maxRedirects;
    this.#origin = origin;
    this.#reach = reach;
    this.#timeoutMs = requestTimeoutMs;
    this.#token = token;
    this.book = new ConnectionBook(() => this.address);
  }

  /** Where the next connection leads. */
  get address(): string {
    return (this.#leader ?? this.#origin).address;
  }

  connect(events: ChannelEvents): Channel {
    const leader = this.#leader;
    const connector = leader ?? this.#origin;
    const gated = this.#token === undefined ? connector : authenticated(connector, this.#token, this.#timeoutMs);
    return new RoutedChannel(gated, events, this.book, () => {
      if (leader !== undefined && leader === this.#leader) this.#turn(undefined);
    });
  }

  /** What later connections show. */
  useToken(token: string): void {
    this.#token = token;
  }

  /** Whether the error says where to go, and this route goes there. */
  leads(error: unknown): boolean {
    const isRedirect = error instanceof NotLeaderError && error.leaderAddr !== undefined;
    return isRedirect && this.#reach !== undefined && this.maxRedirects > 0;
  }

  redirected(from: string, to: string): void {
    // What another server than the one in use says is old news: whoever heard it finds the way that is known by now.
    if (this.#reach === undefined || this.maxRedirects === 0 || from !== this.address) return;
    this.redirects++;
    this.#turn(to === this.#origin.address ? undefined : this.#reach(to));
  }

  #turn(leader: Connector | undefined): void {
    this.#leader = leader;
    this.book.moved();
  }
}

/** Tells the book of itself, and whether the server has ever said anything. */
class RoutedChannel implements Channel, ChannelEvents {
  readonly #channel: Channel;
  #isOpen = false;
  #hasHeard = false;
  #over = false;

  constructor(
    connector: Connector,
    private readonly events: ChannelEvents,
    private readonly book: ConnectionBook,
    private readonly leftUnheard: () => void,
  ) {
    this.#channel = connector.connect(this);
    book.asked();
  }

  write(bytes: Uint8Array): boolean {
    return this.#channel.write(bytes);
  }

  close(): void {
    this.#channel.close();
    this.#end();
  }

  opened(): void {
    this.#isOpen = true;
    this.book.hasOpened();
    this.events.opened();
  }

  target(): Uint8Array {
    return this.events.target();
  }

  received(count: number): void {
    this.#hasHeard = true;
    this.events.received(count);
  }

  drained(): void {
    this.events.drained();
  }

  closed(error?: SluiceError): void {
    // A refused token is an answer.
    if (error instanceof AccessDeniedError) this.#hasHeard = true;
    this.#end(error?.message ?? 'the server closed the connection');
    this.events.closed(error);
  }

  #end(trouble?: string): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#hasHeard) this.leftUnheard();
    this.book.ended(this.#isOpen, trouble);
  }
}
