import type { AttemptStatus, WireAttempt, WireRolloutConfig } from '../../../codecs/lightning/wire.js';
import type { Attempts } from './attempts.js';
import type { Rollouts } from './rollouts.js';

/** Looks for attempts that take too long or have gone silent, when a call gives occasion (lightning.md 4.7). */
export class Watchdog {
  readonly #rollouts: Rollouts;
  readonly #attempts: Attempts;
  readonly #debounceSecs: number;
  #lastPass = -Infinity;

  constructor(rollouts: Rollouts, attempts: Attempts, debounceMs: number) {
    this.#rollouts = rollouts;
    this.#attempts = attempts;
    this.#debounceSecs = debounceMs / 1000;
  }

  scan(now: number): void {
    if (now - this.#lastPass < this.#debounceSecs) return;
    this.#lastPass = now;
    const hits: (() => void)[] = [];
    const inOrder = [...this.#rollouts.active].sort((a, b) => a.ordinal - b.ordinal);
    for (const entry of inOrder) {
      const attempt = entry.attempts.at(-1);
      if (attempt === undefined) continue;
      const status = verdict(attempt, entry.rollout.config, now);
      if (status !== undefined) hits.push(() => this.#attempts.change(entry, attempt, { status }, now));
    }
    for (const hit of hits) hit();
  }
}

function verdict(attempt: WireAttempt, config: WireRolloutConfig, now: number): AttemptStatus | undefined {
  const { timeout_seconds: timeout, unresponsive_seconds: silence } = config;
  const age = now - attempt.start_time;
  if (timeout !== null && age > timeout) return 'timeout';
  if (silence === null) return undefined;
  const heartbeat = attempt.last_heartbeat_time;
  // A heartbeat of exactly 0 is neither a heartbeat nor none, in the genuine store as here.
  if (heartbeat === 0) return undefined;
  return (heartbeat === null ? age : now - heartbeat) > silence ? 'unresponsive' : undefined;
}
