import { milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { checkId } from '../../codecs/lightning/requests/store-request.js';

/** Options of `waitForRollouts`. */
export interface WaitOptions {
  /** How long to wait, in milliseconds; 0 asks once; without a limit by default. */
  readonly timeoutMs?: number | undefined;
  /** What to do when the time is over: `'complete'` (default), or `'error'` with a `WaitTimeoutError`. */
  readonly onTimeout?: 'complete' | 'error' | undefined;
  /** What to do about ids that the store doesn't know: `'error'` with a `RolloutNotFoundError` (default), `'skip'` or `'wait'`. */
  readonly onUnknown?: 'error' | 'skip' | 'wait' | undefined;
  /**
   * The pause between polls, in milliseconds. By default from 200 (2 000 with very many ids) when something has just
   * ended to 1 000 when nothing does, and at least ten times as long as the poll took.
   */
  readonly intervalMs?: number | undefined;
  /**
   * How long the store may be away, in milliseconds, beyond the client's rules of retrying; `Infinity`: for ever. 30 000
   * by default.
   */
  readonly maxAwayMs?: number | undefined;
}

const NAMES: OptionNames<WaitOptions> = {
  timeoutMs: true,
  onTimeout: true,
  onUnknown: true,
  intervalMs: true,
  maxAwayMs: true,
};

/** Checked options, ready for use. */
export interface WaitPlan {
  /** Without repeats, in the order given. */
  readonly ids: readonly string[];
  readonly timeoutMs: number;
  readonly onTimeout: 'complete' | 'error';
  readonly onUnknown: 'error' | 'skip' | 'wait';
  readonly intervalMs: number | undefined;
  readonly maxAwayMs: number;
}

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function waitPlan(rolloutIds: readonly string[], options: WaitOptions): WaitPlan {
  onlyKnown('waitForRollouts', options, NAMES);
  const { timeoutMs = Infinity, onTimeout = 'complete', onUnknown = 'error', intervalMs, maxAwayMs = 30_000 } = options;
  if (!Array.isArray(rolloutIds)) throw new InvalidOptionError('rolloutIds', rolloutIds, 'must be a list of ids');
  if (onTimeout !== 'complete' && onTimeout !== 'error') {
    throw new InvalidOptionError('onTimeout', onTimeout, "must be 'complete' or 'error'");
  }
  if (onUnknown !== 'error' && onUnknown !== 'skip' && onUnknown !== 'wait') {
    throw new InvalidOptionError('onUnknown', onUnknown, "must be 'error', 'skip' or 'wait'");
  }
  return {
    ids: [...new Set(rolloutIds.map((id: string, index) => checkId(`rolloutIds[${index}]`, id)))],
    timeoutMs: timeoutMs === Infinity ? timeoutMs : milliseconds('timeoutMs', timeoutMs),
    onTimeout,
    onUnknown,
    intervalMs: intervalMs === undefined ? undefined : milliseconds('intervalMs', intervalMs),
    maxAwayMs: maxAwayMs === Infinity ? maxAwayMs : milliseconds('maxAwayMs', maxAwayMs),
  };
}
