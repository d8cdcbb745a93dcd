import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Handling } from '../../../src/observables/delivery/core/source.js';
import type { Settled } from '../../../src/observables/delivery/types.js';

/** What a subscriber does with a delivery inside `next`. */
export const REFLEXES = [
  'keep',
  'keep',
  'ack',
  'nack',
  'dead',
  'hold',
  'hold',
  'leave',
  'drain',
  'pause',
  'fail',
  'more',
] as const;
export type Reflex = (typeof REFLEXES)[number];

/** One delivery as the subscriber knows it, with what the model expects of it. */
export interface Handed {
  readonly node: LedgerNode<Reflex>;
  readonly attempt: number;
  /** What the next settle must return. */
  vote: Settled;
  /** Decided, the source is not done with it. */
  pending: boolean;
  lost: number;
  outcomes: string[];
}

/** What is expected of the counts. */
export interface Expected {
  delivered: number;
  acked: number;
  nacked: number;
  dead: number;
  abandoned: number;
  late: number;
}

/** How a session is made. */
export interface SessionPlan {
  readonly fetchBytes: number;
  readonly depth: number;
  readonly takesTime: Handling;
  /** Deliveries may be lost one by one; there is no watermark then. */
  readonly leased: boolean;
}
