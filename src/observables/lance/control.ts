import { Observable, type Subscription } from 'rxjs';
import { Command } from '../../codecs/lance/commands.js';
import type { LanceError } from '../../codecs/lance/errors.js';
import { decodeReplyText } from '../../codecs/lance/replies.js';
import { clock } from '../../foundation/clock.js';
import type { Connector } from '../../transports/channel.js';
import { expectCommand, RequestSession, type Exchange } from '../../transports/lance/request-session.js';

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
  private readonly waiting: Request[] = [];
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

  /** A cold command: sent once per subscription, one value, then done. A reply to one who has left is dropped. */
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
      this.use(
        (session) => session.send(exchange),
        (error) => subscriber.error(error),
      );
    });
  }

  /** Runs `ask` once there is a connection. */
  use(ask: Request['ask'], failed: Request['failed']): void {
    const session = this.connect();
    if (this.isOpen) ask(session);
    else this.waiting.push({ ask, failed });
  }

  close(): void {
    this.idle?.unsubscribe();
    this.idle = undefined;
    this.session?.close();
    this.session = undefined;
    this.isOpen = false;
  }

  private connect(): RequestSession {
    this.idle ??= clock.after(IDLE_MS, () => this.rest());
    this.lastUsedMs = clock.now();
    this.session ??= new RequestSession(this.connector, this.requestTimeoutMs, {
      opened: () => {
        this.isOpen = true;
        for (const { ask } of this.waiting.splice(0)) if (this.session !== undefined) ask(this.session);
      },
      closed: (error) => {
        this.close();
        for (const { failed } of this.waiting.splice(0)) failed(error);
      },
    });
    return this.session;
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
