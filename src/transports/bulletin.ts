import { Observable, type Subscription } from 'rxjs';
import { clock } from '../foundation/clock.js';

/** What changes now and then, with a state that ends as `'closed'`, and whoever wants to hear of it. */
export class Bulletin<T extends { readonly state: string }> {
  private readonly listeners = new Set<() => void>();

  constructor(private latest: T) {}

  get current(): T {
    return this.latest;
  }

  /** Replaces what it says. */
  say(now: T): void {
    this.latest = now;
    for (const listener of this.listeners) listener();
  }

  /** What it says now, and then whenever it is another at the end of a turn; completes once that is `'closed'`. */
  readonly news$ = new Observable<T>((subscriber) => {
    let told: T | undefined;
    let turn: Subscription | undefined;
    const tell = (): void => {
      turn = undefined;
      if (told === this.latest) return;
      told = this.latest;
      subscriber.next(told);
      if (told.state === 'closed') subscriber.complete();
    };
    // Never at once: whoever is told may use what is in the middle of changing.
    const changed = (): void => {
      turn ??= clock.after(0, tell);
    };
    this.listeners.add(changed);
    subscriber.add(() => {
      this.listeners.delete(changed);
      turn?.unsubscribe();
    });
    tell();
  });
}
