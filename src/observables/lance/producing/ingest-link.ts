import type { LanceError } from '../../../codecs/lance/errors.js';
import type { Batch } from '../../../transports/lance/ack-matcher.js';
import { IngestSession } from '../../../transports/lance/ingest-session.js';
import { RouteReconnector } from '../../../transports/lance/route-reconnector.js';
import type { OutboxPlan } from './outbox-plan.js';
import { StatusWatch, type ProducerStatus } from './producer-status.js';

/** Whom a connection carries batches for. */
export interface IngestLinkOwner {
  /** Something is to be sent. */
  readonly hasWork: boolean;
  opened(): void;
  /** It takes more again. */
  ready(): void;
  /** The connection is gone, with everything in flight: that is to be sent again, or its outcome is unknown. */
  lost(): void;
  /** No other attempt is made before something is to be sent. */
  gaveUp(error: LanceError): void;
}

/** The one connection that an outbox sends over: opened when there is work, and again when it broke. */
export class IngestLink {
  /** The connection is there. */
  isOpen = false;
  /** The server asks to slow down, until the next ack. */
  isSlowed = false;
  /** Why the last connection ended. */
  lastError: LanceError | undefined;
  readonly watch: StatusWatch;
  private readonly reconnector: RouteReconnector;
  private session: IngestSession | undefined;
  /** A connection is wanted even if there is nothing to send. */
  private isWanted = false;
  /** The server has answered over this connection. */
  private isProven = false;
  /** Waits before it connects again. */
  private isPausing = false;
  /** The socket asks to wait until it has drained. */
  private isFull = false;
  private over = false;

  constructor(
    private readonly plan: OutboxPlan,
    private readonly owner: IngestLinkOwner,
  ) {
    this.reconnector = new RouteReconnector(plan.connector, plan.reconnect, () => {
      this.isPausing = false;
      if (this.isWanted || this.owner.hasWork) this.open();
      this.watch.check();
    });
    this.watch = new StatusWatch(() => ({ state: this.state, reasons: this.reasons, detail: this.detail }));
  }

  /** The socket takes a frame now. */
  get takes(): boolean {
    return this.isOpen && !this.isFull;
  }

  /** It is there, and the socket or the server asks to wait. */
  get isHeldUp(): boolean {
    return this.isOpen && (this.isFull || this.isSlowed);
  }

  /** Opens the connection without waiting for a record. */
  connect(): void {
    this.isWanted = !this.isOpen;
    this.open();
  }

  open(): void {
    if (this.session !== undefined || this.isPausing || this.over) return;
    const { connector, requestTimeoutMs } = this.plan;
    const events = {
      opened: () => this.opened(),
      drained: () => this.drained(),
      backpressure: () => this.slow(true),
      closed: (error: LanceError) => this.lost(error),
    };
    this.session = new IngestSession(connector, requestTimeoutMs, events, this.plan);
    this.watch.check();
  }

  send(batch: Batch): void {
    if (this.session?.send(batch) !== false) return;
    this.isFull = true;
    this.watch.check();
  }

  /** The server has answered: the connection is good, and it has not forgotten us. */
  answered(isAck: boolean): void {
    if (!this.isProven) {
      this.isProven = true;
      this.reconnector.succeeded();
      this.lastError = undefined;
    }
    if (isAck) this.slow(false);
  }

  close(): void {
    this.over = true;
    this.isOpen = false;
    this.reconnector.stop();
    this.session?.close();
    this.watch.check();
  }

  private slow(isSlowed: boolean): void {
    if (this.isSlowed === isSlowed) return;
    this.isSlowed = isSlowed;
    this.watch.check();
  }

  private opened(): void {
    this.isOpen = true;
    this.isWanted = false;
    this.isFull = false;
    this.isSlowed = false;
    this.watch.check();
    this.owner.opened();
  }

  private drained(): void {
    this.isFull = false;
    this.watch.check();
    this.owner.ready();
  }

  private lost(error: LanceError): void {
    this.session = undefined;
    this.isProven = false;
    this.isOpen = false;
    this.isFull = false;
    this.isSlowed = false;
    this.lastError = error;
    if (this.over) return;
    this.owner.lost();
    if (this.owner.hasWork || this.isWanted) {
      this.isPausing = this.reconnector.failed(error);
      if (!this.isPausing) {
        this.isWanted = false;
        this.owner.gaveUp(error);
      }
    }
    this.watch.check();
  }

  private get state(): ProducerStatus['state'] {
    if (this.over) return 'closed';
    if (this.isOpen) return 'connected';
    const isTrying = this.session !== undefined || this.isPausing;
    if (this.lastError === undefined) return isTrying ? 'connecting' : 'idle';
    return isTrying ? 'reconnecting' : 'disconnected';
  }

  private get reasons(): ProducerStatus['reasons'] {
    if (!this.isFull) return this.isSlowed ? ['server'] : [];
    return this.isSlowed ? ['socket', 'server'] : ['socket'];
  }

  private get detail(): string {
    return this.isOpen || this.over ? '' : (this.lastError?.message ?? '');
  }
}
