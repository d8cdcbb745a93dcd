import type { Fates } from './fates.js';
import { type LedgerNode, NodeState } from './node.js';
import { OUTCOMES } from './outcomes.js';
import type { Outlet } from './outlet.js';
import type { CoreHost } from './source.js';

/** Deliveries that come again from memory after a delay, their place in the books and in the window kept. */
export class Returns<T> {
  constructor(
    private readonly host: Pick<CoreHost<T>, 'after'>,
    private readonly outlet: Outlet<T>,
    private readonly fates: Fates,
  ) {}

  /** Returns what is left to be told to those who watch it, as `abandoned` does. */
  nacked(node: LedgerNode<T>, delayMs: number): (() => void) | undefined {
    this.fates.nacked++;
    node.state = NodeState.Waiting;
    this.wait(node, delayMs);
    return node.conclude(OUTCOMES.nacked);
  }

  /** One that had it has left; the others get it again. */
  abandoned(node: LedgerNode<T>, delayMs: number): (() => void) | undefined {
    this.fates.abandoned++;
    node.state = NodeState.Lost;
    const tell = node.conclude(OUTCOMES.abandoned, 'unsubscribe');
    node.state = NodeState.Waiting;
    this.wait(node, delayMs);
    return tell;
  }

  private wait(node: LedgerNode<T>, delayMs: number): void {
    node.setAside();
    node.timer = this.host.after(delayMs, () => {
      node.timer = undefined;
      this.outlet.push(node);
      this.outlet.flush();
    });
  }
}
