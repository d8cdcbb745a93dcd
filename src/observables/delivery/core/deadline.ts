import type { CoreHost, Timer } from './source.js';

/** A moment after which something is no longer waited for: of several, the earliest. */
export class Deadline {
  private atMs = Number.POSITIVE_INFINITY;
  private timer: Timer | undefined;

  constructor(private readonly host: Pick<CoreHost<never>, 'now' | 'after'>) {}

  /** Calls `then` after `delayMs`, unless something earlier was asked for. */
  set(delayMs: number, then: () => void): void {
    const atMs = this.host.now() + delayMs;
    if (atMs >= this.atMs) return;
    this.clear();
    this.atMs = atMs;
    this.timer = this.host.after(delayMs, then);
  }

  clear(): void {
    this.timer?.unsubscribe();
  }
}
