import { Fifo } from './fifo.js';
import { type LedgerNode, NodeState } from './node.js';

/**
 * What is to be handed out: first what comes again, then what has arrived, each in its order. What comes again has all
 * its credit; behind an arrival that lacks credit it would keep the very room that the arrival waits for.
 */
export class Outgoing<T> {
  private readonly again = new Fifo<LedgerNode<T>>();
  private readonly arrived = new Fifo<LedgerNode<T>>();

  get size(): number {
    return this.again.size + this.arrived.size;
  }

  get first(): LedgerNode<T> | undefined {
    return this.again.first ?? this.arrived.first;
  }

  get firstArrived(): LedgerNode<T> | undefined {
    return this.arrived.first;
  }

  push(node: LedgerNode<T>): void {
    if (node.state === NodeState.Waiting) this.again.push(node);
    else this.arrived.push(node);
  }

  shift(): LedgerNode<T> | undefined {
    return this.again.shift() ?? this.arrived.shift();
  }
}
