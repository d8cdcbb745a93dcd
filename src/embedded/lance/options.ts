import { MAX_PAYLOAD_BYTES } from '../../codecs/lance/header.js';
import { END_OFFSET } from '../../codecs/lance/requests.js';
import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { ClusterPlace, type LanceCluster } from './cluster.js';
import { TokenGate, type TokenAuth } from './token-gate.js';

/** How an embedded Lance server behaves; everything is faithful to the genuine server by default. */
export interface LanceBehaviour {
  /**
   * Milliseconds between reading ingests and acknowledging them. The genuine server takes 5 or a little more; a
   * connection is not read meanwhile. Default 1.
   */
  readonly ackDelayMs?: number | undefined;
  /** Largest payload accepted, in bytes, at most and by default 16 MiB; a header that announces more ends the connection. */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * How much is looked at in one go, in bytes, 64 or more: what stands behind it waits until the ingests in it are
   * acknowledged. A larger frame makes it as large as itself from then on, if it has at most 1 MiB (section 16.5). Default
   * 256 KiB.
   */
  readonly readChunkBytes?: number | undefined;
  /** Also allows `_` in topic names, which the genuine server refuses. Default false. */
  readonly lenientNames?: boolean | undefined;
  /** `'byte'` (default) cuts fetches anywhere, as the genuine server does; `'record'` at the end of the last whole record. */
  readonly fetchAlign?: 'byte' | 'record' | undefined;
  /** From this start offset on, a fetch asks for the end. Default 2^64 - 1; 2^63 - 1 pleases the Python client's seek to end. */
  readonly tailSentinelFrom?: bigint | undefined;
  /** Read limit over all connections, bytes per second (trap T 54). Default: none. */
  readonly maxReadBytesPerSec?: number | undefined;
  /** Token authentication. Default: off, any token is accepted. */
  readonly auth?: TokenAuth | undefined;
  /** How often the server looks for segments that retention need not keep, in milliseconds, 1 or more. Default 60 000. */
  readonly retentionSweepMs?: number | undefined;
  /**
   * Cuts what a restart of the genuine server cuts: everything in the newest segment from the first byte on that is not a
   * record, or behind a Null record (section 3.4), acknowledged or not. Default false: nothing acknowledged is lost.
   */
  readonly recoveryCuts?: boolean | undefined;
  /** Answers as a node of a cluster would. Default: a standalone server. */
  readonly cluster?: LanceCluster | undefined;
}

/** Those that there are. */
export const BEHAVIOUR: OptionNames<LanceBehaviour> = {
  ackDelayMs: true,
  maxPayloadBytes: true,
  readChunkBytes: true,
  lenientNames: true,
  fetchAlign: true,
  tailSentinelFrom: true,
  maxReadBytesPerSec: true,
  auth: true,
  retentionSweepMs: true,
  recoveryCuts: true,
  cluster: true,
};

/** {@link LanceBehaviour} with its defaults. */
export interface ResolvedBehaviour {
  readonly ackDelayMs: number;
  readonly maxPayloadBytes: number;
  readonly readChunkBytes: number;
  readonly lenientNames: boolean;
  readonly fetchAlign: 'byte' | 'record';
  readonly tailSentinelFrom: bigint;
  readonly maxReadBytesPerSec: number | undefined;
  /** Keeps the tokens to itself. */
  readonly gate: TokenGate;
  readonly retentionSweepMs: number;
  readonly recoveryCuts: boolean;
  readonly cluster: ClusterPlace;
}

/** Checks `options` and fills in the defaults. */
export function resolveBehaviour(options: LanceBehaviour): ResolvedBehaviour {
  const { fetchAlign = 'byte', tailSentinelFrom = END_OFFSET, maxReadBytesPerSec, auth } = options;
  if (auth !== undefined) checkAuth(auth);
  if (fetchAlign !== 'byte' && fetchAlign !== 'record') {
    throw new InvalidOptionError('fetchAlign', fetchAlign, "must be 'byte' or 'record'");
  }
  if (typeof tailSentinelFrom !== 'bigint' || tailSentinelFrom < 1n || tailSentinelFrom > END_OFFSET) {
    throw new InvalidOptionError('tailSentinelFrom', tailSentinelFrom, 'must be a bigint from 1 to 2^64 - 1');
  }
  if (maxReadBytesPerSec !== undefined) integerIn('maxReadBytesPerSec', maxReadBytesPerSec, 1, Number.MAX_SAFE_INTEGER);
  return {
    ackDelayMs: milliseconds('ackDelayMs', options.ackDelayMs ?? 1),
    maxPayloadBytes: integerIn('maxPayloadBytes', options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES, 1, MAX_PAYLOAD_BYTES),
    readChunkBytes: integerIn('readChunkBytes', options.readChunkBytes ?? 256 * 1024, 64, 2 ** 31 - 1),
    lenientNames: switched('lenientNames', options.lenientNames),
    fetchAlign,
    tailSentinelFrom,
    maxReadBytesPerSec,
    gate: new TokenGate(auth),
    retentionSweepMs: integerIn('retentionSweepMs', options.retentionSweepMs ?? 60_000, 1, 2 ** 31 - 1),
    recoveryCuts: switched('recoveryCuts', options.recoveryCuts),
    cluster: new ClusterPlace(options.cluster),
  };
}

function checkAuth(auth: TokenAuth): void {
  const { tokens, writeOnly, enforceAll } = onlyKnown('auth', auth, {
    tokens: true,
    writeOnly: true,
    enforceAll: true,
  });
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string' && token !== '')) {
    // The tokens themselves belong into no message.
    throw new InvalidOptionError('auth.tokens', typeof tokens, 'must be a list of texts that are not empty');
  }
  switched('auth.writeOnly', writeOnly);
  switched('auth.enforceAll', enforceAll);
}

function switched(option: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw new InvalidOptionError(option, value, 'must be true or false');
}
