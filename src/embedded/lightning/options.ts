import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { OptionNames } from '../../foundation/known-options.js';

/** How an embedded Lightning server behaves; everything is faithful to the genuine server by default. */
export interface LightningBehaviour {
  /** Shortest time between two looks for attempts that take too long, in milliseconds. Default 10 000; 0 looks at every call. */
  readonly scanDebounceMs?: number | undefined;
  /** Largest body accepted, in bytes; a larger one is answered with 413. Default 64 MiB; the genuine server has no limit. */
  readonly maxBodyBytes?: number | undefined;
  /** More bytes of spans than this evict those of the oldest rollouts. Default: 70 % of the memory there is for this process. */
  readonly evictionThresholdBytes?: number | undefined;
  /** An eviction goes on until no more than this is left. Default: 80 % of `evictionThresholdBytes`. */
  readonly safeThresholdBytes?: number | undefined;
  /** Origins of pages that may use the server, such as `http://localhost:4200`; `*` stands for all. Default: none. */
  readonly corsAllowOrigins?: readonly string[] | undefined;
}

/** Those that there are. */
export const BEHAVIOUR: OptionNames<LightningBehaviour> = {
  scanDebounceMs: true,
  maxBodyBytes: true,
  evictionThresholdBytes: true,
  safeThresholdBytes: true,
  corsAllowOrigins: true,
};

/** {@link LightningBehaviour} with its defaults. */
export interface ResolvedBehaviour {
  readonly scanDebounceMs: number;
  readonly maxBodyBytes: number;
  readonly memoryCapacityBytes: number;
  readonly evictionThresholdBytes: number;
  readonly safeThresholdBytes: number;
  readonly corsAllowOrigins: readonly string[];
}

/** A JavaScript string can't be much longer. */
const MOST_BODY_BYTES = 512 * 1024 * 1024;

/** Checks `options` and fills in the defaults. */
export function resolveBehaviour(options: LightningBehaviour): ResolvedBehaviour {
  const memoryCapacityBytes = Math.min(totalmem(), getHeapStatistics().heap_size_limit);
  const evictionThresholdBytes = integerIn(
    'evictionThresholdBytes',
    options.evictionThresholdBytes ?? Math.floor(memoryCapacityBytes * 0.7),
    1,
    Number.MAX_SAFE_INTEGER,
  );
  const safeThresholdBytes = options.safeThresholdBytes ?? Math.floor(evictionThresholdBytes * 0.8);
  if (!Number.isInteger(safeThresholdBytes) || safeThresholdBytes < 0 || safeThresholdBytes >= evictionThresholdBytes) {
    const rule = 'must be an integer from 0 to less than evictionThresholdBytes';
    throw new InvalidOptionError('safeThresholdBytes', safeThresholdBytes, rule);
  }
  const { corsAllowOrigins = [] } = options;
  if (
    !Array.isArray(corsAllowOrigins) ||
    !corsAllowOrigins.every((origin) => typeof origin === 'string' && origin !== '')
  )
    throw new InvalidOptionError('corsAllowOrigins', corsAllowOrigins, 'must be an array of origins');
  return {
    corsAllowOrigins,
    scanDebounceMs: milliseconds('scanDebounceMs', options.scanDebounceMs ?? 10_000),
    maxBodyBytes: integerIn('maxBodyBytes', options.maxBodyBytes ?? 64 * 1024 * 1024, 0, MOST_BODY_BYTES),
    memoryCapacityBytes,
    evictionThresholdBytes,
    safeThresholdBytes,
  };
}
