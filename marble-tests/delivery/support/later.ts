import { clock } from '../../../src/foundation/clock.js';

/** A promise in all but name, settled by the virtual clock: `TestScheduler` never sees a real one. */
export function later<V>(delayMs: number, value: V): PromiseLike<V> {
  return thenable((resolve) => clock.after(delayMs, () => resolve(value)));
}

/** Like {@link later}, but it rejects. */
export function laterError(delayMs: number, error: unknown): PromiseLike<never> {
  return thenable((_resolve, reject) => clock.after(delayMs, () => reject(error)));
}

/** One that never settles. */
export const never: PromiseLike<never> = thenable(() => undefined);

function thenable<V>(settle: (resolve: (value: V) => void, reject: (error: unknown) => void) => void): PromiseLike<V> {
  const then = (
    resolved?: ((value: V) => unknown) | null,
    rejected?: ((error: unknown) => unknown) | null,
  ): unknown => {
    settle(
      (value) => resolved?.(value),
      (error) => rejected?.(error),
    );
    return undefined;
  };
  // oxlint-disable-next-line unicorn/no-thenable -- that is what it is for
  return { then: then as PromiseLike<V>['then'] };
}
