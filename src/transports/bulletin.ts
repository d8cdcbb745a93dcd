import { Observable, type Subscription } from 'rxjs';
import { clock } from '../foundation/clock.js';

/** What changes now and then: a state that ends as `'closed'`, since when it is, and whatever else is known. */
export interface News {
  readonly state: string;
  readonly sinceMs: number;
}

/** It without the time, which the {@link Bulletin} knows. */
export type Facts<T extends News> = Omit<T, 'sinceMs'>;

/** In milliseconds, of a real clock. What came and went in one turn was never so: nobody is told of it. */
const TURN_MS = 1;

/** Says what is so, and since when, and tells whoever wants to hear of it. */
export class Bulletin<T extends News> {
  private readonly listeners = new Set<() => void>();
  /** What it said when the last turn was over. */
  private settled: T;
  /** When this turn began, as long as nobody listens. */
  private turnMs = Number.NEGATIVE_INFINITY;

  /** `isSame` compares all but the time. */
  constructor(
    private latest: T,
    private readonly isSame: (one: Facts<T>, other: Facts<T>) => boolean,
  ) {
    this.settled = latest;
  }

  get current(): T {
    return this.latest;
  }

  /** Replaces what it says, if that is another. */
  say(now: Facts<T>): void {
    if (this.isSame(now, this.latest)) return;
    const nowMs = clock.now();
    // Whoever listens is told when a turn is over, however long it takes.
    if (this.listeners.size === 0 && nowMs - this.turnMs > TURN_MS) {
      this.settled = this.latest;
      this.turnMs = nowMs;
    }
    const before = [this.latest, this.settled].find(({ state }) => state === now.state);
    this.latest = { ...this.latest, ...now, sinceMs: before?.sinceMs ?? nowMs };
    for (const listener of this.listeners) listener();
  }

  /** What it says now, and then whenever it is another at the end of a turn; completes once that is `'closed'`. */
  readonly news$ = new Observable<T>((subscriber) => {
    let told: T | undefined;
    let turn: Subscription | undefined;
    const tell = (): void => {
      turn = undefined;
      const { latest } = this;
      if (told?.sinceMs === latest.sinceMs && this.isSame(told, latest)) return;
      told = this.settled = latest;
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
