import { InternalServerError, NotFoundError, type FloError } from '../../codecs/flo/errors.js';
import { MAX_SEQS } from '../../codecs/flo/limits.js';
import { clock } from '../../foundation/clock.js';
import type { Failure } from '../../transports/flo/call.js';
import { Leases } from '../delivery/core/leases.js';
import type { LedgerNode } from '../delivery/core/node.js';
import type { QueueItem } from './queue-item.js';
import type { Told } from './settlements.js';

/** How long messages are leased. */
export interface LeaseTimes {
  /** What the server is asked for. */
  readonly leaseMs: number;
  /** How long a delivery may be kept at all. */
  readonly maxLeaseMs: number;
}

/** Whose leases are renewed. */
export interface RenewalsOwner<V> {
  /** Nothing is to be asked for now; `resume` will be called. */
  readonly isPausing: boolean;
  /** Sends one request for all, at most 1 024. */
  touch(seqs: readonly bigint[], then: Told): void;
  trouble(error: FloError, how: Failure): void;
  lost(node: LedgerNode<QueueItem<V>>): void;
  /** The server does not know leases: what it hands out, it forgets. */
  unleased(error: FloError): void;
}

type Node<V> = LedgerNode<QueueItem<V>>;

/** Keeps the leases of a queue's messages alive, many with one request, and tries again what did not get through. */
export class Renewals<V> {
  private readonly leases: Leases<QueueItem<V>>;
  /** Asked for, and to be asked for again after the pause. */
  private owed = new Set<Node<V>>();
  private isOver = false;

  constructor(
    private readonly times: LeaseTimes,
    private readonly owner: RenewalsOwner<V>,
  ) {
    this.leases = new Leases<QueueItem<V>>(clock, {
      ...times,
      renew: (nodes) => this.renew(nodes),
      lost: (node) => {
        this.owed.delete(node);
        node.value.untilMs = 0;
        owner.lost(node);
      },
    });
  }

  /** A message has come; its lease began at `sinceMs`. */
  add(node: Node<V>, sinceMs: number): void {
    if (this.isOver || node.decided) return;
    this.leases.add(node, sinceMs);
  }

  /** The message is nobody's business any more. */
  remove(node: Node<V>): void {
    this.leases.remove(node);
    this.owed.delete(node);
  }

  resume(): void {
    const { owed } = this;
    this.owed = new Set();
    if (owed.size > 0) this.renew([...owed]);
  }

  /** From now on nothing is renewed, and nothing is lost. */
  stop(): void {
    this.isOver = true;
    this.leases.clear();
    this.owed.clear();
  }

  private renew(nodes: readonly Node<V>[]): void {
    if (this.owner.isPausing) {
      for (const node of nodes) this.owed.add(node);
      return;
    }
    for (let at = 0; at < nodes.length; at += MAX_SEQS) this.touch(nodes.slice(at, at + MAX_SEQS));
  }

  private touch(nodes: readonly Node<V>[]): void {
    const sentMs = clock.now();
    this.owner.touch(
      nodes.map(({ value }) => value.seq),
      {
        answered: () => {
          for (const node of nodes) this.renewed(node, sentMs);
        },
        failed: (error, how) => this.failed(nodes, error, how, sentMs),
      },
    );
  }

  private renewed(node: Node<V>, sentMs: number): void {
    if (this.isOver || node.decided) return;
    node.value.untilMs = Math.max(node.value.untilMs, sentMs + this.times.leaseMs);
    this.leases.renewed(node, true, sentMs);
  }

  private failed(nodes: readonly Node<V>[], error: FloError, how: Failure, sentMs: number): void {
    if (this.isOver) return;
    if (error instanceof InternalServerError && error.notImplemented) {
      this.stop();
      this.owner.unleased(error);
    } else if (how === 'refused' && error instanceof NotFoundError) {
      // One of them is not there: which one, only single requests can tell.
      if (nodes.length > 1) for (const node of nodes) this.touch([node]);
      else for (const node of nodes) this.leases.renewed(node, false, sentMs);
    } else {
      this.owner.trouble(error, how);
      // That may have been the end of the session.
      if (!this.isOver) this.renew(nodes.filter((node) => !node.decided));
    }
  }
}
