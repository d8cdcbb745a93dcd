import { clock } from '../src/foundation/clock.js';
import { play, type Script } from '../src/testing/run/script.js';

/** Runs a script in real time, for what stands on real sockets; `marbles` runs all others. */
export function really(script: Script): Promise<void> {
  return new Promise((resolve, reject) => {
    const guarded = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        reject(error);
      }
    };
    const later = (pauseMs: number, then: () => void): unknown => clock.after(pauseMs, () => guarded(then));
    guarded(() => play(script, later, resolve));
  });
}
