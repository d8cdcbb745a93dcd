import type { Subscription } from 'rxjs';
import type { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import type { Window } from '../../../src/observables/delivery/core/window.js';
import type { Holder } from '../../../src/observables/delivery/types.js';

/** A subscriber. */
export interface Member {
  readonly id: number;
  /** The session that it is subscribed to. */
  readonly session: number;
  alive: boolean;
  subscription: Subscription | undefined;
  readonly holder: Holder;
}

/** One session. */
export interface Book {
  readonly core: DeliveryCore<string>;
  readonly window: Window;
  out: number;
  closed: boolean;
  draining: boolean;
  failed: boolean;
  flushed: (() => void) | undefined;
  /** Arrived and not handed out. */
  readonly ready: Map<string, number>;
}

/** What each fetch reserves. */
export const RESERVED = 4;
