import { Observable, type Subscription } from 'rxjs';
import { Command } from '../../../codecs/lance/commands.js';
import { ConnectionError, type LanceError } from '../../../codecs/lance/errors.js';
import { decodeReplyText } from '../../../codecs/lance/replies.js';
import { clock } from '../../../foundation/clock.js';
import type { Connector } from '../../../transports/channel.js';
import { expectCommand, RequestSession, type Exchange } from '../../../transports/lance/request-session.js';

/** How long a control connection that nobody uses stays open. */
const IDLE_MS = 1_000;

interface Request {
  readonly ask: (session: RequestSession) => void;
  readonly failed: (error: LanceError) => void;
}

/** The client's connection for commands: opened by the first one, shared, closed when idle. */
export class Control {
  private session: RequestSession | undefined;
  private isOpen = false;
  /** Those who came before the connection was open. */
  private readonly waiting = new Set<Request>();
  private idle: Subscription | undefined;
  private lastUsedMs = 0;

  constructor(
    private readonly connector: Connector,
    private readonly requestTimeoutMs: number,
  ) {}

  /** A command that answers with a TopicResponse. */
  topicCommand<T>(request: () => Uint8Array, decode: (text: string) => T): Observable<T> {
    return this.command(request, (header, buffer, start, end) => {
      expectCommand(header, Command.TopicResponse);
      return decode(decodeReplyText(buffer, start, end));
    });
  }

  /**
   * A cold command: sent once per subscription, one value, then done. Who leaves before the connection is open has
   * asked for nothing; who leaves later gets no answer.
   */
  command<T>(request: () => Uint8Array, decode: (...reply: Parameters<Exchange['reply']>) => T): Observable<T> {
    return new Observable((subscriber) => {
      const exchange: Exchange = {
        request: request(),
        reply: (...reply) => {
          const value = decode(...reply);
          subscriber.next(value);
          subscriber.complete();
        },
        failed: (error) => subscriber.error(error),
      };
      return this.use(
        (session) => session.send(exchange),
        (error) => subscriber.error(error),
      );
    });
  }

  /** Runs `ask` once there is a connection; the returned function calls that off. */
  use(ask: Request['ask'], failed: Request['failed']): () => void {
    const session = this.connect();
    const request = { ask, failed };
    if (this.isOpen) ask(session);
    else this.waiting.add(request);
    return () => this.waiting.delete(request);
  }

  /** Drops the connection; whoever still waits is told. A later command opens another one. */
  close(): void {
    const { session } = this;
    const waiting = this.forget();
    const error = new ConnectionError('the client was closed before the reply', { retryable: false });
    session?.close(error);
    for (const { failed } of waiting) failed(error);
  }

  private connect(): RequestSession {
    this.idle ??= clock.after(IDLE_MS, () => this.rest());
    this.lastUsedMs = clock.now();
    this.session ??= new RequestSession(this.connector, this.requestTimeoutMs, {
      opened: () => this.opened(),
      closed: (error) => {
        for (const { failed } of this.forget()) failed(error);
      },
    });
    return this.session;
  }

  private opened(): void {
    const { session } = this;
    this.isOpen = true;
    for (const request of [...this.waiting]) {
      // An earlier one of these may have closed the client.
      if (session !== undefined && this.waiting.delete(request)) request.ask(session);
    }
  }

  /** The connection is gone; returns those who waited for it. */
  private forget(): Request[] {
    this.idle?.unsubscribe();
    this.idle = undefined;
    this.session = undefined;
    this.isOpen = false;
    const waiting = [...this.waiting];
    this.waiting.clear();
    return waiting;
  }

  private rest(): void {
    this.idle = undefined;
    if (this.session === undefined) return;
    const busy = !this.isOpen || this.session.pending > 0;
    const leftMs = this.lastUsedMs + IDLE_MS - clock.now();
    if (busy || leftMs > 0) this.idle = clock.after(busy ? IDLE_MS : leftMs, () => this.rest());
    else this.close();
  }
}
