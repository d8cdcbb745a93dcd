import { clock } from '../../foundation/clock.js';

/** Answers that are sent later on purpose; all of them at once when the server stops. */
export class Departures {
  readonly #waiting = new Map<() => void, () => void>();

  /** Returns how to call it off. */
  schedule(delayMs: number, send: () => void): () => void {
    const go = (): void => {
      callOff();
      send();
    };
    const timer = clock.after(delayMs, go);
    const callOff = (): void => {
      timer.unsubscribe();
      this.#waiting.delete(callOff);
    };
    this.#waiting.set(callOff, go);
    return callOff;
  }

  sendAll(): void {
    for (const go of [...this.#waiting.values()]) go();
  }
}
