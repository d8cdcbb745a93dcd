import type { Subscription } from 'rxjs';
import { backoffPolicy, delaysOf, type BackoffPolicy, type Jitter } from '../foundation/backoff/policy.js';
import { clock } from '../foundation/clock.js';

/** How a session that broke is opened again. */
export interface ReconnectOptions {
  /** The first pause, in milliseconds; 100 by default. */
  readonly initialMs?: number;
  /** The longest pause, in milliseconds; 30 000 by default. */
  readonly maxMs?: number;
  /** How many times in a row may fail; unlimited by default, 0 means never again. */
  readonly maxAttempts?: number;
  /** How pauses are spread; `'full'` by default. */
  readonly jitter?: Jitter;
}

/** Opens something again and again, each time after a longer pause, until it has succeeded or is told to stop. */
export class Reconnector {
  private readonly backoff: BackoffPolicy;
  private readonly maxAttempts: number;
  private failures = 0;
  private pause: Subscription | undefined;

  constructor(
    options: ReconnectOptions,
    private readonly open: () => void,
  ) {
    const { initialMs = 100, maxMs = 30_000, maxAttempts = Number.POSITIVE_INFINITY, jitter = 'full' } = options;
    this.backoff = backoffPolicy(delaysOf({ initialMs, maxMs: Math.max(initialMs, maxMs), jitter }));
    this.maxAttempts = maxAttempts;
  }

  /** Plans the next attempt; false when there have been enough. */
  failed(): boolean {
    if (this.failures >= this.maxAttempts) return false;
    this.failures++;
    this.pause?.unsubscribe();
    this.pause = clock.after(this.backoff.next(), this.open);
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.backoff.reset();
  }

  stop(): void {
    this.pause?.unsubscribe();
  }
}
