import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { LedgerNode } from './core/node.js';
import type { DeadOptions, DeadPart, Duty, Flow } from './types.js';

/** The duty of an observer: none. It sees what happens to a delivery; what it keeps or buries is nobody's business. */
export class Sight<N> implements Duty {
  constructor(
    private readonly node: LedgerNode<N>,
    private readonly attempt: number,
  ) {}

  get flow(): Flow {
    return this.node.flow;
  }

  get open(): boolean {
    return this.node.open && this.node.attempt === this.attempt;
  }

  touch(): void {
    // The operator that a delivery is stuck in is a voter's.
  }

  hold(): void {
    // It takes no room in the window that others could wait for.
  }

  unhold(): void {
    // Nothing was held.
  }

  onLost(then: () => void): void {
    if (this.node.wasAbandoned(this.attempt)) then();
    else if (this.node.attempt === this.attempt) this.node.onLost(then);
  }

  bury(_part: DeadPart, _options: DeadOptions, then: (error?: SluiceError) => void): void {
    clock.after(0, () => then());
  }
}
