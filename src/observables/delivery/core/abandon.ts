import type { Credit } from './credit.js';
import type { Fates } from './fates.js';
import type { Ledger } from './ledger.js';
import { type LedgerNode, NodeState } from './node.js';
import { OUTCOMES } from './outcomes.js';
import type { Outgoing } from './outgoing.js';

/** Forgets what has arrived and was not handed out. Nobody has seen it, so it has no fate. */
export function dropReady<T>(ready: Outgoing<T>, credit: Credit): void {
  for (let node = ready.shift(); node !== undefined; node = ready.shift()) {
    const { state } = node;
    if (state !== NodeState.Ready && state !== NodeState.Admitted) continue;
    node.state = NodeState.Lost;
    credit.giveBack(node, state);
  }
}

/** Takes a delivery out of the books for the rest of the epoch: the watermark stays below it. */
export function forsake<T>(node: LedgerNode<T>, ledger: Ledger<T>, credit: Credit): void {
  const { state } = node;
  node.timer?.unsubscribe();
  // One that waits to come again was nacked; that is its fate.
  node.state = state === NodeState.Waiting ? NodeState.Settled : NodeState.Lost;
  ledger.forsake(node);
  credit.giveBack(node, state);
}

/** Abandons everything unsettled. Returns what is left to be told once all are marked. */
export function abandonAll<T>(ledger: Ledger<T>, credit: Credit, fates: Fates): (() => void)[] {
  const told: (() => void)[] = [];
  for (const node of [...ledger]) {
    forsake(node, ledger, credit);
    if (node.state !== NodeState.Lost) continue;
    fates.abandoned++;
    const tell = node.conclude(OUTCOMES.abandoned);
    if (tell !== undefined) told.push(tell);
  }
  return told;
}
