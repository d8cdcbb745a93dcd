import type { PayloadCodec } from '../../codecs/payload/codec.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { OptionNames } from '../../foundation/known-options.js';

/** What every operation takes. */
export interface FloOptions {
  /** Instead of the client's. */
  readonly namespace?: string;
}

/** How a key is read. */
export interface KvGetOptions<V = Uint8Array> extends FloOptions {
  /** How long to wait for the key, in milliseconds; `Infinity` is for ever, 0 (default) not at all. */
  readonly waitMs?: number;
  /**
   * What is waited for: that the key exists (default), or that it gets a newer version (needs `waitMs`). One that it
   * gets between two requests is missed: after each 300 s, or when a server with too many waiters answers early.
   */
  readonly waitFor?: 'exists' | 'change';
  /** The seed's name: as `waitMs` for a key to exist, but 0 is for ever. */
  readonly blockMs?: number;
  /** Decodes the value; without one it is the bytes. */
  readonly codec?: PayloadCodec<V>;
}

/** Under which conditions a key is written. */
export interface KvPutOptions<V = Uint8Array | string> extends FloOptions {
  /** After how many milliseconds the key is gone; without it never, also when it had one before. */
  readonly ttlMs?: number;
  /** The version that must be the present one; 0n: the key must not exist. Else `ConflictError`. */
  readonly casVersion?: bigint;
  /** The key must not exist, else `ConflictError`. Not together with `casVersion` or `ifExists`. */
  readonly ifNotExists?: boolean;
  /** The key must exist, else `ConflictError`. */
  readonly ifExists?: boolean;
  /** Encodes the value; without one it is bytes or a text. */
  readonly codec?: PayloadCodec<V>;
}

/** Under which condition a key is deleted. */
export interface KvDeleteOptions extends FloOptions {
  /** The version that must be the present one, else `ConflictError`. */
  readonly casVersion?: bigint;
}

/** Those that `kv.get` has. */
export const GET_OPTIONS: OptionNames<KvGetOptions> = {
  namespace: true,
  waitMs: true,
  waitFor: true,
  blockMs: true,
  codec: true,
};

/** Those that `kv.put` has. */
export const PUT_OPTIONS: OptionNames<KvPutOptions> = {
  namespace: true,
  ttlMs: true,
  casVersion: true,
  ifNotExists: true,
  ifExists: true,
  codec: true,
};

/** Those that `kv.delete` has. */
export const DELETE_OPTIONS: OptionNames<KvDeleteOptions> = { namespace: true, casVersion: true };

/** How long a read waits in all. */
export function waitOf({ waitMs, waitFor, blockMs }: Omit<KvGetOptions, 'codec'>): number {
  if (waitFor !== undefined && waitFor !== 'exists' && waitFor !== 'change') {
    throw new InvalidOptionError('waitFor', waitFor, "must be 'exists' or 'change'");
  }
  if (blockMs !== undefined) {
    if (waitMs !== undefined || waitFor === 'change') {
      throw new InvalidOptionError('blockMs', blockMs, 'must not be given together with waitMs or waitFor: change');
    }
    return checkWait('blockMs', blockMs) || Number.POSITIVE_INFINITY;
  }
  if (waitMs === undefined && waitFor === 'change') throw new InvalidOptionError('waitFor', waitFor, 'needs waitMs');
  return checkWait('waitMs', waitMs ?? 0);
}

function checkWait(option: string, ms: number): number {
  if (typeof ms === 'number' && ms >= 0) return ms;
  throw new InvalidOptionError(option, ms, 'must be a number of milliseconds from 0, or Infinity');
}
