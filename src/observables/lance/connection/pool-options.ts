import { integerIn, milliseconds } from '../../../foundation/check.js';
import { onlyKnown } from '../../../foundation/known-options.js';

/** The connections for commands of one client. */
export interface CommandConnectionsOptions {
  /** How many there may be, 1 to 1 024; 1 by default. Commands share one that is busy only when there may be no other. */
  readonly max?: number;
  /** One that nobody has used for this long is closed, in milliseconds; 1 000 by default. */
  readonly idleMs?: number;
  /** One that is older than this takes no further command, in milliseconds; `Infinity` by default: none is too old. */
  readonly maxLifetimeMs?: number;
  /**
   * One over which nothing has come for this long must answer a keepalive before it is used, within 5 seconds or
   * `requestTimeoutMs`; else it is replaced, and nobody notices. In milliseconds; 10 000 by default, 0 asks each time.
   */
  readonly checkAfterMs?: number;
}

/** The options with all defaults filled in. */
export type PoolPlan = Required<CommandConnectionsOptions>;

/** A number is short for `max`. @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function poolPlan(given: number | CommandConnectionsOptions): PoolPlan {
  const options = typeof given === 'number' ? { max: given } : given;
  const names = { max: true, idleMs: true, maxLifetimeMs: true, checkAfterMs: true } as const;
  const { max = 1, idleMs = 1_000, maxLifetimeMs = Infinity } = onlyKnown('commandConnections', options, names);
  const { checkAfterMs = 10_000 } = options;
  return {
    max: integerIn('commandConnections.max', max, 1, 1024),
    idleMs: milliseconds('commandConnections.idleMs', idleMs),
    maxLifetimeMs:
      maxLifetimeMs === Infinity ? maxLifetimeMs : milliseconds('commandConnections.maxLifetimeMs', maxLifetimeMs),
    checkAfterMs: milliseconds('commandConnections.checkAfterMs', checkAfterMs),
  };
}
