import type { Timer } from '../../../src/observables/delivery/core/source.js';

interface Alarm extends Timer {
  readonly atMs: number;
  readonly then: () => void;
}

/** Time that stands still until it is moved. Timers of the same moment run in the order in which they were set. */
export class ManualClock {
  private nowMs = 0;
  private readonly alarms = new Set<Alarm>();

  readonly now = (): number => this.nowMs;

  readonly after = (delayMs: number, then: () => void): Timer => {
    const alarm: Alarm = { atMs: this.nowMs + delayMs, then, unsubscribe: () => this.alarms.delete(alarm) };
    this.alarms.add(alarm);
    return alarm;
  };

  /** Timers that are set. */
  get size(): number {
    return this.alarms.size;
  }

  /** Runs everything that is due within the next `ms`, what becomes due by that included. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let turns = 0; this.step(untilMs); turns++) if (turns > 10_000) throw new Error('turns without end');
    this.nowMs = untilMs;
  }

  /** Runs one timer that is due now. */
  turn(): void {
    this.step(this.nowMs);
  }

  private step(untilMs: number): boolean {
    let next: Alarm | undefined;
    for (const alarm of this.alarms)
      if (alarm.atMs <= untilMs && (next === undefined || alarm.atMs < next.atMs)) next = alarm;
    if (next === undefined) return false;
    this.alarms.delete(next);
    this.nowMs = next.atMs;
    next.then();
    return true;
  }
}
