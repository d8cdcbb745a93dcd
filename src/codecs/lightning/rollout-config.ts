import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { maybeMs, maybeNumber, maybeObject, type JsonObject } from './json.js';
import type { AttemptStatus, WireRolloutConfig } from './wire.js';

/** How long an attempt may take and when a failed one is followed by another (lightning.md 3.3). */
export interface RolloutConfig {
  /** The limit per attempt, in milliseconds from its start; undefined: none. */
  readonly timeoutMs: number | undefined;
  /** The longest silence between heartbeats, in milliseconds; undefined: none. */
  readonly unresponsiveMs: number | undefined;
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  /** Which ends of an attempt put the rollout back into the queue: `failed`, `timeout`, `unresponsive`. */
  readonly retryCondition: readonly AttemptStatus[];
}

/** A {@link RolloutConfig} to be sent: what is left out is no limit, one attempt, no retry. */
export type RolloutConfigInput = { readonly [K in keyof RolloutConfig]?: RolloutConfig[K] | undefined };

const NAMES: OptionNames<RolloutConfigInput> = {
  timeoutMs: true,
  unresponsiveMs: true,
  maxAttempts: true,
  retryCondition: true,
};

/** The most that the checks allow, in milliseconds: the store takes any number of seconds. */
const MAX_MS = Number.MAX_SAFE_INTEGER;

/** @throws {@link InvalidOptionError} naming the field. */
export function encodeConfig(config: RolloutConfigInput): WireRolloutConfig {
  const { timeoutMs, unresponsiveMs, maxAttempts = 1, retryCondition = [] } = onlyKnown('config', config, NAMES);
  if (!Array.isArray(retryCondition)) {
    throw new InvalidOptionError('config.retryCondition', retryCondition, 'must be a list of attempt statuses');
  }
  return {
    timeout_seconds: secondsOf('config.timeoutMs', timeoutMs),
    unresponsive_seconds: secondsOf('config.unresponsiveMs', unresponsiveMs),
    max_attempts: integerIn('config.maxAttempts', maxAttempts, 1, Number.MAX_SAFE_INTEGER),
    retry_condition: [...retryCondition],
  };
}

export function decodeConfig(rollout: JsonObject): RolloutConfig {
  const config = maybeObject(rollout, 'config') ?? {};
  const retry = config['retry_condition'];
  return {
    timeoutMs: maybeMs(config, 'timeout_seconds'),
    unresponsiveMs: maybeMs(config, 'unresponsive_seconds'),
    maxAttempts: maybeNumber(config, 'max_attempts') ?? 1,
    retryCondition: Array.isArray(retry) ? (retry as AttemptStatus[]) : [],
  };
}

function secondsOf(option: string, ms: number | undefined): number | null {
  return ms === undefined ? null : milliseconds(option, ms, MAX_MS) / 1000;
}
