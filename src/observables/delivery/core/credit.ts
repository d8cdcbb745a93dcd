import type { LedgerNode } from './node.js';
import { NodeState } from './node.js';
import type { Waiter, Window } from './window.js';

/** One session's share of a window: what it has reserved, and whether it waits for more. */
export class Credit {
  /** Fetches that are out. */
  reservations = 0;
  private reservedBytes = 0;
  /** The source was refused and has not been woken since. */
  refused = false;
  /** The next delivery is here and lacks bytes. */
  blocked = false;

  constructor(
    readonly window: Window,
    private readonly who: Waiter,
  ) {}

  /** Nothing goes on for want of credit: a delivery lacks it, or the source does and nothing is under way. */
  get isShort(): boolean {
    return this.blocked || (this.refused && this.reservations === 0);
  }

  reserve(bytes: number): boolean {
    const taken = this.window.take(this.who, bytes);
    this.refused = !taken;
    if (!taken) return false;
    this.reservations++;
    this.reservedBytes += bytes;
    return true;
  }

  /** The source asks for nothing more; what has arrived may still lack bytes. */
  wantsNoMore(): void {
    this.refused = false;
    this.window.withdraw(this.who);
  }

  unreserve(bytes: number): void {
    this.land(bytes);
    this.window.refund(1, bytes);
  }

  /** A reservation has become a delivery, or nothing. */
  land(bytes: number): void {
    this.reservations--;
    this.reservedBytes -= bytes;
  }

  /** Charges a delivery with what it really needs; false if it has to wait for that. */
  admit<T>(node: LedgerNode<T>): boolean {
    const admitted = this.window.admit(this.who, node.bytes - node.charged);
    this.blocked = !admitted;
    if (!admitted) return false;
    node.charged = node.bytes;
    node.state = NodeState.Admitted;
    return true;
  }

  /** Gives back what a delivery in this state was charged with. */
  giveBack<T>(node: LedgerNode<T>, state: NodeState): void {
    if (state === NodeState.Ready) this.window.refund(1, node.charged);
    else this.window.settled(node.charged);
  }

  /** Stands in no line any more: nobody is to wait behind one who wants nothing for now. */
  leave(): void {
    this.refused = false;
    this.blocked = false;
    this.window.leave(this.who);
  }

  /** Gives back what is reserved: whatever the fetches that are out may bring, it is for nobody. */
  close(): void {
    const { reservations, reservedBytes } = this;
    this.reservations = 0;
    this.reservedBytes = 0;
    this.window.refund(reservations, reservedBytes);
  }
}
