import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';

/** Options of `marbles`. */
export interface MarbleOptions {
  /** What `Math.random` begins with inside the test, so that jitter is the same each time. From 0 to 4294967295; default 1. */
  readonly seed?: number;
  /**
   * With `'none'` each pause that is random in life is as long as it can be: `Math.random` gives a number just below 1
   * inside the test. Default `'seeded'`.
   */
  readonly jitter?: 'seeded' | 'none';
  /**
   * How long after its last known moment a test may go on, in virtual milliseconds. Known are the ends of its diagrams
   * and of its script. Default 60 000.
   */
  readonly limitMs?: number;
  /** Whether streams may be subscribed, and deliveries unsettled, when the test ends. Default false. */
  readonly leaveOpen?: boolean;
}

/** @throws {@link InvalidOptionError} */
export function marbleOptions(options: MarbleOptions): Required<MarbleOptions> {
  const {
    seed = 1,
    jitter = 'seeded',
    limitMs = 60_000,
    leaveOpen = false,
  } = onlyKnown('marbles', options, {
    seed: true,
    jitter: true,
    limitMs: true,
    leaveOpen: true,
  });
  if (jitter !== 'seeded' && jitter !== 'none') {
    throw new InvalidOptionError('jitter', jitter, "must be 'seeded' or 'none'");
  }
  return {
    seed: integerIn('seed', seed, 0, 2 ** 32 - 1),
    jitter,
    limitMs: milliseconds('limitMs', limitMs),
    leaveOpen,
  };
}
