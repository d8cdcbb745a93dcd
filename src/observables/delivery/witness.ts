import type { DeliveryCore } from './core/delivery-core.js';
import type { DeliveryStream } from './delivery-stream.js';
import type { Lens } from './handle.js';

/** Sees what streams and handlers do that nobody is told of; a kit for tests is one. */
export interface Witness {
  /** A session begins; whoever wants to see what becomes of its deliveries sets `core.watcher`. */
  began(stream: DeliveryStream<unknown, unknown>, core: DeliveryCore<unknown>, lens: Lens<unknown, unknown>): void;
  /** A function of the user's, such as `work: the handler`, returned a real promise, which virtual time can't see. */
  promised(who: string): void;
}

/** Whoever is present; nobody by default, which costs a look at this when a session begins. */
export const witness: { present: Witness | undefined } = { present: undefined };

/** Tells whoever is present if what `who` returned is a promise, and returns it. */
export function notePromise<T>(who: string, output: T): T {
  // By its tag: a promise of another realm is no instance of this one's class, and what is only like one may be seen.
  const isPromise = witness.present !== undefined && Object.prototype.toString.call(output) === '[object Promise]';
  if (isPromise) witness.present?.promised(who);
  return output;
}
