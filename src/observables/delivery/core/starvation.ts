import type { Holder } from '../types.js';
import type { Ledger } from './ledger.js';
import type { CoreHost } from './source.js';

/** What the watch over starvation asks of its session. */
export interface Hungry<T> {
  readonly ledger: Ledger<T>;
  /** Nothing that could fill the buffers is under way or will be. */
  readonly waitsForRoom: boolean;
  readonly draining: boolean;
  set(reason: 'starved'): void;
  clear(reason: 'starved'): void;
}

/** Notices when buffers keep everything that is unsettled and more can't come, and makes them let go. */
export class Starvation<T> {
  private heldNodes = 0;
  private due = false;

  constructor(
    private readonly host: Pick<CoreHost<T>, 'after'>,
    private readonly session: Hungry<T>,
  ) {}

  /** A buffer keeps a node; `stuck` if now all who have still to decide about it do, and one of them did not before. */
  held(by: Holder, stuck: boolean): void {
    if (stuck) this.heldNodes++;
    if (this.session.draining) this.host.after(0, () => by.release('drain'));
    else this.check();
  }

  /** The last one who could have decided about a node has; the others keep it. */
  stuck(): void {
    this.heldNodes++;
    this.check();
  }

  /** A node that was stuck no longer is. */
  freed(): void {
    this.heldNodes--;
  }

  /** Releases on the next turn, so that what is being handed out gets where it goes first. */
  check(): void {
    if (this.heldNodes === 0 || this.due || !this.isStarved()) return;
    this.due = true;
    this.session.set('starved');
    this.host.after(0, () => {
      this.due = false;
      this.session.clear('starved');
      if (this.isStarved()) for (const holder of holdersOf(this.session.ledger)) holder.release('starved');
    });
  }

  /** Whoever keeps something back is told to let go, on the next turn. */
  drain(): void {
    const holders = holdersOf(this.session.ledger);
    if (holders.size > 0) this.host.after(0, () => holders.forEach((holder) => holder.release('drain')));
  }

  private isStarved(): boolean {
    return this.heldNodes > 0 && this.heldNodes === this.session.ledger.size && this.session.waitsForRoom;
  }
}

/** Everyone who keeps back some unsettled delivery. */
function holdersOf<T>(ledger: Ledger<T>): Set<Holder> {
  const holders = new Set<Holder>();
  for (const node of ledger) for (const holder of node.keepers) holders.add(holder);
  return holders;
}
