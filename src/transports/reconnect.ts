import type { Subscription } from 'rxjs';
import { backoffPolicy, delaysOf, type BackoffPolicy, type Jitter } from '../foundation/backoff/policy.js';
import { integerIn, milliseconds } from '../foundation/check.js';
import { clock } from '../foundation/clock.js';
import { InvalidOptionError } from '../foundation/errors.js';
import { onlyKnown } from '../foundation/known-options.js';

/** How a session that broke is opened again. */
export interface ReconnectOptions {
  /** The first pause, in milliseconds; 100 by default, or `maxMs` if that is shorter. */
  readonly initialMs?: number;
  /** The longest pause, in milliseconds; 30 000 by default, or `initialMs` if that is longer. */
  readonly maxMs?: number;
  /** How many times in a row may fail; unlimited by default, 0 means never again. */
  readonly maxAttempts?: number;
  /** How pauses are spread; `'full'` by default. */
  readonly jitter?: Jitter;
}

/** How long to wait between attempts, in milliseconds. */
export interface Pauses {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly jitter: Jitter;
}

const INITIAL_MS = 100;
const MAX_MS = 30_000;

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function checkReconnect(options: ReconnectOptions): ReconnectOptions {
  onlyKnown('reconnect', options, { initialMs: true, maxMs: true, maxAttempts: true, jitter: true });
  // Before one is made of the other: an error names the one that was given.
  milliseconds('reconnect.initialMs', options.initialMs ?? 0);
  milliseconds('reconnect.maxMs', options.maxMs ?? 0);
  const { initialMs, maxMs, jitter } = pausesOf(options);
  const { maxAttempts = Number.POSITIVE_INFINITY } = options;
  if (maxMs < initialMs) {
    throw new InvalidOptionError('reconnect.maxMs', maxMs, `must not be below reconnect.initialMs (${initialMs})`);
  }
  if (maxAttempts !== Number.POSITIVE_INFINITY) {
    integerIn('reconnect.maxAttempts', maxAttempts, 0, Number.MAX_SAFE_INTEGER);
  }
  if (jitter !== 'full' && jitter !== 'none') {
    throw new InvalidOptionError('reconnect.jitter', jitter, "must be 'full' or 'none'");
  }
  return options;
}

/** The pauses with all defaults filled in: what is not said follows what is. */
export function pausesOf({ initialMs, maxMs, jitter = 'full' }: ReconnectOptions): Pauses {
  return {
    initialMs: initialMs ?? Math.min(INITIAL_MS, maxMs ?? MAX_MS),
    maxMs: maxMs ?? Math.max(initialMs ?? 0, MAX_MS),
    jitter,
  };
}

/** Opens something again and again, each time after a longer pause, until it has succeeded or is told to stop. */
export class Reconnector {
  private readonly backoff: BackoffPolicy;
  private readonly maxAttempts: number;
  private failures = 0;
  private pause: Subscription | undefined;

  /** `told` hears when a pause begins, and when it is over and the next attempt, if there is one, has begun. */
  constructor(
    options: ReconnectOptions,
    private readonly open: () => void,
    private readonly told: (isPausing: boolean) => void = () => {},
  ) {
    this.backoff = backoffPolicy(delaysOf(pausesOf(options)));
    this.maxAttempts = options.maxAttempts ?? Number.POSITIVE_INFINITY;
  }

  /** Plans the next attempt; false when there have been enough. */
  failed(): boolean {
    if (this.failures >= this.maxAttempts) return false;
    this.failures++;
    this.stop();
    this.pause = clock.after(this.backoff.next(), () => {
      this.pause = undefined;
      this.open();
      this.told(false);
    });
    this.told(true);
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.backoff.reset();
  }

  stop(): void {
    if (this.pause === undefined) return;
    this.pause.unsubscribe();
    this.pause = undefined;
    this.told(false);
  }
}
