import { AccessDeniedError, NotLeaderError } from '../../codecs/lance/errors.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../channel.js';
import { ChannelError } from '../channel-error.js';
import { authenticated } from './authenticated.js';
import { ConnectionBook } from './connection-book.js';
import type { FrameConnector, FrameLink } from './frame-channel.js';
import { noWay } from './no-way.js';

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

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  connect(events: ChannelEvents): FrameLink {
    const leader = this.#leader;
    const connector = leader ?? this.#origin;
    const gated = this.#token === undefined ? connector : authenticated(connector, this.#token, this.#timeoutMs);
    const leave = (): void => {
      if (leader === this.#leader) this.#turn(undefined);
    };
    return new RoutedChannel(gated, events, this.book, leader && leave);
  }

  /** What later connections show; the returned function takes that back, unless it is another one by then. */
  useToken(token: string): () => void {
    const before = this.#token;
    this.#token = token;
    return () => {
      if (this.#token === token) this.#token = before;
    };
  }

  /** Whether the error says where to go, and this route goes there. */
  leads(error: unknown): boolean {
    return isRedirect(error) && this.#reach !== undefined && this.maxRedirects > 0;
  }

  redirected(from: string, to: string): void {
    // What another server than the one in use says is old news: whoever heard it finds the way that is known by now.
    if (this.#reach === undefined || this.maxRedirects === 0 || from !== this.address) return;
    this.redirects++;
    this.#turn(to === this.#origin.address ? undefined : this.#way(to, this.#reach));
  }

  silent(from: string): void {
    if (this.#leader?.address === from) this.#turn(undefined);
  }

  /** What a server says must not make a user's function throw out of the reading of frames. */
  #way(to: string, reach: (address: string) => Connector): Connector {
    try {
      return reach(to);
    } catch (error) {
      return noWay(to, error);
    }
  }

  #turn(leader: Connector | undefined): void {
    this.#leader = leader;
    this.book.moved();
  }
}

/** Tells the book of itself. One that ends before the leader has said anything leaves that leader. */
class RoutedChannel implements FrameLink, ChannelEvents {
  readonly #channel: Channel;
  #isOpen = false;
  #hasHeard = false;
  #over = false;

  constructor(
    connector: Connector,
    private readonly events: ChannelEvents,
    private readonly book: ConnectionBook,
    private readonly leave: (() => void) | undefined,
  ) {
    this.#channel = connector.connect(this);
    book.asked();
  }

  write(bytes: Uint8Array): boolean {
    return this.#channel.write(bytes);
  }

  close(why?: SluiceError): void {
    this.#channel.close();
    this.#end(isRedirect(why) ? undefined : why?.message);
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
    const isLeft = this.leave !== undefined && !this.#hasHeard && !(error instanceof AccessDeniedError);
    if (isLeft) this.leave();
    this.#end(error?.message ?? 'the server closed the connection');
    this.events.closed(isLeft ? passing(error) : error);
  }

  #end(trouble?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.book.ended(this.#isOpen, trouble);
  }
}

/** The server has said where to go instead. */
function isRedirect(error: unknown): boolean {
  return error instanceof NotLeaderError && error.leaderAddr !== undefined;
}

/** A leader whose name is unknown, or whose certificate is not trusted, is left: the next connection leads elsewhere. */
function passing(error: SluiceError | undefined): SluiceError | undefined {
  const isHopeless = error instanceof ChannelError && !error.retryable && 'errno' in error.context;
  if (!isHopeless) return error;
  return new ChannelError(error.message, { cause: error, retryable: true, context: error.context });
}
