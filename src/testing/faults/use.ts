import { Subscription } from 'rxjs';

/** Tells whether a way is used. */
export class Use {
  readonly #waiting = new Set<() => void>();

  /** Somebody begins to use it. */
  began(): void {
    for (const met of this.#waiting) met();
    this.#waiting.clear();
  }

  /** Calls `met` if it is used just now, else when somebody begins to; unsubscribing ends that. */
  when(isUsed: boolean, met: () => void): Subscription {
    if (isUsed) met();
    else this.#waiting.add(met);
    return new Subscription(() => this.#waiting.delete(met));
  }
}
