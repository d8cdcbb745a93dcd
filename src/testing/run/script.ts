import { milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';

/**
 * A test that waits: each number it yields is a pause in virtual milliseconds.
 *
 * @example
 * import type { Script } from 'sluice/testing';
 * function* twice(deed: () => void): Script {
 *   deed();
 *   yield 1_000;
 *   deed();
 * }
 */
export type Script = Generator<number, void>;

export function isScript(made: unknown): made is Script {
  return typeof made === 'object' && made !== null && Symbol.iterator in made && 'next' in made;
}

/** Whether a test goes on when nobody waits for it any more: an async function, or an async generator. */
export function isAsync(made: unknown): boolean {
  if (typeof made !== 'object' || made === null) return false;
  const { then } = made as { then?: unknown };
  // It may well reject later.
  if (typeof then === 'function') (made as Promise<unknown>).then(undefined, () => {});
  return typeof then === 'function' || Symbol.asyncIterator in made;
}

/** Runs a script; `later` waits for it. */
export function play(script: Script, later: (pauseMs: number, then: () => void) => void, ended: () => void): void {
  const { done, value } = script.next();
  if (done === true) return ended();
  if (typeof value !== 'number' || !(value >= 0 && value < 2 ** 31)) {
    throw new Error(`yield ${String(value)}: a script yields pauses, from 0 to 2147483647 milliseconds`);
  }
  later(value, () => play(script, later, ended));
}

/**
 * Waits in a script, a millisecond at a time, until `condition` holds.
 *
 * @throws Error when it still does not after `withinMs` (5 000 by default).
 * @throws {@link InvalidOptionError} when that is not a number of milliseconds.
 *
 * @example
 * import { marbles, until } from 'sluice/testing';
 * marbles(function* ({ lance }) {
 *   const { client, server } = lance();
 *   client.createTopic('log').subscribe();
 *   yield* until(() => server.topics.length === 1);
 * });
 */
export function* until(condition: () => boolean, withinMs = 5_000): Script {
  const deadlineMs = clock.now() + milliseconds('until.withinMs', withinMs);
  while (!condition()) {
    if (clock.now() >= deadlineMs) throw new Error(`until: still not so after ${withinMs} ms: ${condition.toString()}`);
    yield 1;
  }
}
