import type { Timer } from '../../../src/observables/delivery/core/source.js';

/** Time that moves when told to. */
export class ManualClock {
  private nowMs = 0;
  private due: { readonly atMs: number; readonly then: () => void }[] = [];

  readonly now = (): number => this.nowMs;

  readonly after = (delayMs: number, then: () => void): Timer => {
    const timer = { atMs: this.nowMs + delayMs, then };
    this.due.push(timer);
    return {
      unsubscribe: () => {
        const at = this.due.indexOf(timer);
        if (at >= 0) this.due.splice(at, 1);
      },
    };
  };

  /** Timers that are armed. */
  get armed(): number {
    return this.due.length;
  }

  /** Runs everything that is due within `ms`, each at its time, in the order in which it was asked for. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let next = this.next(untilMs); next !== undefined; next = this.next(untilMs)) {
      this.nowMs = next.atMs;
      next.then();
    }
    this.nowMs = untilMs;
  }

  /** All turns that are due now. */
  turn(): void {
    this.advance(0);
  }

  private next(untilMs: number): { readonly atMs: number; readonly then: () => void } | undefined {
    let first = -1;
    for (const [at, { atMs }] of this.due.entries()) {
      if (atMs <= untilMs && (first < 0 || atMs < (this.due[first]?.atMs ?? 0))) first = at;
    }
    return first < 0 ? undefined : this.due.splice(first, 1)[0];
  }
}
