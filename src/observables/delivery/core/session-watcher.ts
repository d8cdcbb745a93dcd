import type { Outcome } from '../types.js';
import type { LedgerNode } from './node.js';
import type { Decision } from './source.js';

/**
 * Why a delivery was abandoned: its subscriber left · its lease ran out or was taken back · a drain reached its
 * deadline · its session failed · nobody confirmed in time what was decided · what was voted could not be told.
 */
export type Cause = 'unsubscribe' | 'lease' | 'drain' | 'error' | 'unconfirmed' | 'undecided';

/** Sees what becomes of the deliveries of one session, at the moment it does. It must not throw, nor call the session. */
export interface SessionWatcher {
  /** Somebody has said what is to become of it; the source may still refuse to. */
  decided(node: LedgerNode, decision: Decision): void;
  /** Its fate is counted; `cause` is there if that is abandoned. */
  concluded(node: LedgerNode, outcome: Outcome, cause: Cause | undefined): void;
  /**
   * The session is over, and its subscribers are about to be told: not when they have left by themselves. Its deliveries
   * have their fates, but for those that are decided and not confirmed yet: theirs come later.
   */
  ended(failure: { readonly error: unknown } | undefined): void;
}
