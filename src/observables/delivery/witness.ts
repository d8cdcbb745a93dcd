import type { DeliveryCore } from './core/delivery-core.js';
import type { DeliveryStream } from './delivery-stream.js';
import type { Lens } from './handle.js';

/** Sees what streams and handlers do that nobody is told of; a kit for tests is one. */
export interface Witness {
  /** A session begins; whoever wants to see what becomes of its deliveries sets `core.watcher`. */
  began(stream: DeliveryStream<unknown, unknown>, core: DeliveryCore<unknown>, lens: Lens<unknown, unknown>): void;
  /** A handler of this operator returned a real promise, which virtual time can't see. */
  promised(operator: string): void;
}

/** Whoever is present; nobody by default, which costs a look at this when a session begins. */
export const witness: { present: Witness | undefined } = { present: undefined };

/** Whether someone should be told: of things that are like promises, those of the language only. */
export function notePromise(operator: string, output: PromiseLike<unknown>): void {
  if (witness.present === undefined) return;
  // By its tag: a promise of another realm is no instance of this one's class.
  if (Object.prototype.toString.call(output) === '[object Promise]') witness.present.promised(operator);
}
