import type { LanceError } from '../../../codecs/lance/errors.js';
import { clock } from '../../../foundation/clock.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import type { Route } from '../../../transports/lance/route.js';
import { clientClosed } from './errors.js';
import type { PoolPlan } from './pool-options.js';
import { PooledConnection, type PoolOwner } from './pooled-connection.js';

/** Someone who wants a connection. */
interface Request {
  readonly ask: (session: RequestSession) => void;
  readonly failed: (error: LanceError) => void;
  readonly sinceMs: number;
}

/**
 * The connections for commands: opened when they are needed, shared, closed when idle. Who comes first is served first.
 * One that leads elsewhere than the route does now, or is too old, takes no further command.
 */
export class CommandPool implements PoolOwner {
  private readonly connections = new Set<PooledConnection>();
  /** In the order in which they came. */
  private readonly waiting = new Set<Request>();
  private isClosed = false;

  constructor(
    private readonly route: Route,
    private readonly requestTimeoutMs: number,
    private readonly plan: PoolPlan,
  ) {}

  /** Runs `ask` once there is a connection; the returned function calls that off. */
  use(ask: Request['ask'], failed: Request['failed']): () => void {
    if (this.isClosed) {
      const turn = clock.after(0, () => failed(clientClosed()));
      return () => turn.unsubscribe();
    }
    const request = { ask, failed, sinceMs: clock.now() };
    this.waiting.add(request);
    this.serve(true);
    return () => {
      this.waiting.delete(request);
      this.spare();
    };
  }

  /** All others than this one take no further command. */
  keepOnly(session: RequestSession): void {
    for (const connection of this.connections) if (connection.session !== session) connection.retire();
  }

  /** Drops all connections, for good; whoever still waits, for one or for a reply, is told. */
  close(error: LanceError): void {
    this.isClosed = true;
    const connections = [...this.connections];
    const waiting = [...this.waiting];
    this.connections.clear();
    this.waiting.clear();
    for (const connection of connections) connection.close(error);
    for (const { failed } of waiting) failed(error);
  }

  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  ready(): void {
    this.serve(true);
  }

  lost(connection: PooledConnection, error: LanceError, hadOpened: boolean): void {
    // Dropped by `close()`, which has told everybody.
    if (!this.connections.delete(connection)) return;
    // Nobody who waits has asked for anything yet: another connection may do as well, if it is another way.
    if (hadOpened || this.route.address !== connection.address) return this.serve(true);
    this.serve(false);
    if (this.live().some(({ isComing }) => isComing)) return;
    for (const request of [...this.waiting]) if (this.waiting.delete(request)) request.failed(error);
  }

  left(connection: PooledConnection): void {
    this.connections.delete(connection);
  }

  private serve(mayOpen: boolean): void {
    for (const request of [...this.waiting]) {
      // Whoever is served first may call off others, or close the client.
      if (!this.waiting.has(request)) continue;
      const connection = this.pick(mayOpen);
      if (connection === undefined) return;
      this.waiting.delete(request);
      connection.use(request.sinceMs);
      request.ask(connection.session);
    }
    this.spare();
  }

  private spare(): void {
    if (this.waiting.size === 0) for (const connection of this.connections) connection.spare();
  }

  /** An idle connection, or the least busy one if there is no other on its way; undefined: there is. */
  private pick(mayOpen: boolean): PooledConnection | undefined {
    const live = this.live();
    const [best] = live.filter(({ isReady }) => isReady).sort((one, other) => one.pending - other.pending);
    if (best?.pending === 0) return best;
    const coming = live.filter(({ isComing }) => isComing).length;
    if (mayOpen && live.length < this.plan.max && coming < this.waiting.size) this.open();
    else if (coming === 0) return best;
    return undefined;
  }

  private live(): PooledConnection[] {
    const { address } = this.route;
    for (const connection of [...this.connections]) {
      if (!connection.isLive || connection.address !== address) connection.retire();
    }
    return [...this.connections].filter(({ isLive, address: to }) => isLive && to === address);
  }

  private open(): void {
    this.connections.add(new PooledConnection(this.route, this.requestTimeoutMs, this.plan, this));
  }
}
