import type { Subscription } from 'rxjs';
import { LanceTimeoutError, ProtocolError, type LanceError } from '../../../codecs/lance/errors.js';
import { keepaliveFrame } from '../../../codecs/lance/frames.js';
import { FrameKind } from '../../../codecs/lance/header.js';
import { clock } from '../../../foundation/clock.js';
import { RequestSession } from '../../../transports/lance/request-session.js';
import type { Route } from '../../../transports/lance/route.js';
import type { PoolPlan } from './pool-options.js';

/** How long a connection that is checked may take to answer, unless requests may take less. */
const CHECK_MS = 5_000;

/** What a pooled connection tells. */
export interface PoolOwner {
  /** It has opened, passed its check, or answered all it was asked: it may take more. */
  ready(): void;
  /** It is gone, not by `close()`; `hadOpened` says whether it had ever been open. */
  lost(connection: PooledConnection, error: LanceError, hadOpened: boolean): void;
  /** It has closed itself, because it was idle or retired. */
  left(connection: PooledConnection): void;
  /** Somebody waits for a connection. */
  readonly isAwaited: boolean;
}

/** One connection for commands: open, idle, under check, or retired. */
export class PooledConnection {
  /** Where it leads. */
  readonly address: string;
  readonly session: RequestSession;
  isOpen = false;
  /** It takes nothing more, and closes when it has answered what it was asked. */
  private isRetired = false;
  private isOver = false;
  private isUsed = false;
  private readonly bornMs = clock.now();
  private usedMs = clock.now();
  private heardMs = clock.now();
  private check: Subscription | undefined;
  /** Runs while it may be idle; a busy one is looked at again when it no longer is. */
  private idle: Subscription | undefined;

  constructor(
    route: Route,
    private readonly requestTimeoutMs: number,
    private readonly plan: PoolPlan,
    private readonly owner: PoolOwner,
  ) {
    this.address = route.address;
    this.idle = clock.after(plan.idleMs, () => this.rest());
    this.session = new RequestSession(route, requestTimeoutMs, {
      opened: () => {
        this.isOpen = true;
        this.rested();
      },
      idle: () => {
        if (!this.isRetired) return this.rested();
        this.leave();
        // Those that wait may have been left without any other.
        this.owner.ready();
      },
      closed: (error) => this.gone(error),
    });
  }

  /** Requests under way. */
  get pending(): number {
    return this.session.pending;
  }

  /** It may take requests, or will; the first one however long it took to open. */
  get isLive(): boolean {
    return !this.isRetired && (!this.isUsed || clock.now() - this.bornMs < this.plan.maxLifetimeMs);
  }

  /** It is being opened, or checked. */
  get isComing(): boolean {
    return !this.isOpen || this.check !== undefined;
  }

  /** It may take a request now. One that has been silent for too long is asked first, and tells when it is ready. */
  get isReady(): boolean {
    if (this.isComing) return false;
    if (this.pending > 0 || clock.now() - this.heardMs <= this.plan.checkAfterMs) return true;
    this.ask();
    return false;
  }

  /** Somebody has wanted it since `sinceMs`. */
  use(sinceMs: number): void {
    this.isUsed = true;
    this.usedMs = Math.max(this.usedMs, sinceMs);
  }

  /** Nobody waits any more: if it takes too long to open, it is not wanted. */
  spare(): void {
    if (!this.isOpen) this.idle ??= clock.after(this.plan.idleMs, () => this.rest());
  }

  /** Takes nothing more. */
  retire(): void {
    this.isRetired = true;
    if (this.pending === 0) this.leave();
  }

  /** Ends it; requests under way fail with `error`. */
  close(error: LanceError): void {
    this.stop();
    this.session.close(error);
  }

  private ask(): void {
    const withinMs = Math.min(CHECK_MS, this.requestTimeoutMs);
    this.check = clock.after(withinMs, () => {
      const error = new LanceTimeoutError(`a connection that was idle did not answer within ${withinMs} ms`);
      this.session.drop(error);
      this.gone(error);
    });
    this.session.send({
      request: keepaliveFrame(),
      reply: ({ kind }) => {
        if (kind !== FrameKind.Keepalive) throw new ProtocolError(`expected a keepalive, got ${kind}`);
        // The session says that it is idle next.
        this.check?.unsubscribe();
        this.check = undefined;
      },
      failed: () => {},
    });
  }

  /** It has nothing to do; unless its owner has, it may go after a while. */
  private rested(): void {
    this.heardMs = clock.now();
    this.owner.ready();
    if (!this.isOver && this.pending === 0) this.idle ??= clock.after(this.plan.idleMs, () => this.rest());
  }

  private rest(): void {
    this.idle = undefined;
    if (this.pending > 0 || (!this.isOpen && this.owner.isAwaited)) return;
    const leftMs = this.usedMs + this.plan.idleMs - clock.now();
    if (leftMs > 0) this.idle = clock.after(leftMs, () => this.rest());
    else this.leave();
  }

  private leave(): void {
    this.stop();
    this.session.close();
    this.owner.left(this);
  }

  private gone(error: LanceError): void {
    this.stop();
    this.owner.lost(this, error, this.isOpen);
  }

  private stop(): void {
    this.isOver = true;
    this.idle?.unsubscribe();
    this.check?.unsubscribe();
  }
}
