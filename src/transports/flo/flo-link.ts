import type { Subscription } from 'rxjs';
import type { FloCodec } from '../../codecs/flo/codec.js';
import { UnexpectedEofError, type FloError } from '../../codecs/flo/errors.js';
import { clock } from '../../foundation/clock.js';
import type { Connector } from '../channel.js';
import type { Call, Failure } from './call.js';
import { FloSession } from './flo-session.js';

/** How long a connection that nobody uses stays open. */
const IDLE_MS = 1_000;

interface Waiting {
  readonly ask: (session: FloSession) => void;
  readonly failed: (error: FloError, how: Failure) => void;
}

/**
 * The one connection of a client, shared by its commands and streams: opened by the first call, closed when idle.
 * After a break the next call opens another one; nothing is repeated here.
 */
export class FloLink {
  private session: FloSession | undefined;
  private isOpen = false;
  /** Those who came before the connection was open. */
  private readonly waiting = new Set<Waiting>();
  private holders = 0;
  private isRetiring = false;
  private idle: Subscription | undefined;
  private idleSinceMs = 0;

  constructor(
    private readonly connector: Connector,
    private readonly wire: FloCodec,
    private readonly timeoutMs: number,
    private readonly log: (line: string) => void = () => {},
  ) {}

  /** Sends a call as soon as there is a connection. What is returned calls it off: true if it never left. */
  send(call: Call): () => boolean {
    return this.use({ ask: (session) => session.send(call), failed: (error, how) => call.failed(error, how) });
  }

  /** Keeps the connection open until the returned function is called. */
  hold(): () => void {
    let isHeld = true;
    this.holders++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.holders--;
      this.rest();
    };
  }

  /** Closes the connection once nobody holds it; calls that are under way then fail. A later call opens another one. */
  retire(): void {
    this.isRetiring = true;
    this.rest();
  }

  private use(waiting: Waiting): () => boolean {
    const session = this.open();
    if (this.isOpen) waiting.ask(session);
    else this.waiting.add(waiting);
    return () => this.waiting.delete(waiting);
  }

  private open(): FloSession {
    this.session ??= new FloSession(this.connector, this.wire, this.timeoutMs, {
      opened: () => this.opened(),
      idle: () => this.rest(),
      closed: (error) => {
        this.log(`the connection to ${this.connector.address} is gone: ${error.message}`);
        for (const { failed } of this.forget()) failed(error, 'unsent');
      },
      log: this.log,
    });
    return this.session;
  }

  private opened(): void {
    const { session } = this;
    this.isOpen = true;
    this.log(`connected to ${this.connector.address}`);
    for (const waiting of [...this.waiting]) {
      // An earlier one of these may have closed the connection.
      if (session === this.session && session !== undefined && this.waiting.delete(waiting)) waiting.ask(session);
    }
    this.rest();
  }

  /** The connection is gone; returns those who waited for it. */
  private forget(): Waiting[] {
    this.idle?.unsubscribe();
    this.idle = undefined;
    this.session = undefined;
    this.isOpen = false;
    const waiting = [...this.waiting];
    this.waiting.clear();
    return waiting;
  }

  private get isBusy(): boolean {
    return this.holders > 0 || (this.session !== undefined && this.session.pending + this.waiting.size > 0);
  }

  /** Nobody may need the connection any more. The timer is not moved with each call: when it fires, it looks. */
  private rest(): void {
    if (this.isRetiring && this.holders === 0) return this.close();
    if (this.session === undefined || this.isBusy) return;
    this.idleSinceMs = clock.now();
    this.idle ??= clock.after(IDLE_MS, () => this.rested());
  }

  private rested(): void {
    this.idle = undefined;
    if (this.session === undefined || this.isBusy) return;
    const leftMs = this.idleSinceMs + IDLE_MS - clock.now();
    if (leftMs > 0) this.idle = clock.after(leftMs, () => this.rested());
    else this.close();
  }

  private close(): void {
    this.isRetiring = false;
    const { session } = this;
    const waiting = this.forget();
    const error = new UnexpectedEofError('the client was closed before the answer', { retryable: false });
    session?.close(error);
    for (const { failed } of waiting) failed(error, 'unsent');
  }
}
