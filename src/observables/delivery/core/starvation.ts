import type { Holder } from '../types.js';
import type { Ledger } from './ledger.js';

/** Everyone who keeps back some unsettled delivery. */
export function starvedHolders<T>(ledger: Ledger<T>): Set<Holder> {
  const holders = new Set<Holder>();
  for (const node of ledger) for (const holder of node.keepers) holders.add(holder);
  return holders;
}
