import { TestScheduler } from 'rxjs/testing';
import { clock } from '../../src/foundation/clock.js';

/** A test that waits: each number it yields is a pause in milliseconds. */
export type Script = Generator<number, void>;

/** Runs a script in virtual time that begins at `startMs`; takes no real time. */
export function virtually(script: () => Script, startMs = 0): void {
  let ended = false;
  new TestScheduler(() => {}).run(() => {
    clock.after(startMs, () => play(script(), () => (ended = true)));
  });
  if (!ended) throw new Error('the script never reached its end');
}

/** Runs a script in real time. */
export function really(script: Script): Promise<void> {
  return new Promise((resolve, reject) => {
    const guarded = function* (): Script {
      try {
        yield* script;
      } catch (error) {
        reject(error);
      }
    };
    play(guarded(), resolve);
  });
}

/** Yields until `condition` holds, for at most `withinMs`. */
export function* until(condition: () => boolean, withinMs = 5000): Script {
  const deadline = clock.now() + withinMs;
  while (!condition()) {
    if (clock.now() > deadline) throw new Error(`waited ${withinMs} ms for nothing`);
    yield 1;
  }
}

function play(script: Script, ended: () => void): void {
  const { done, value } = script.next();
  if (done === true) ended();
  else clock.after(value, () => play(script, ended));
}
