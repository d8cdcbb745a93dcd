import { InvalidArgumentError, Option } from 'commander';
import type { LanceServerOptions } from '../embedded/lance/lance-server.js';
import { InvalidOptionError } from '../foundation/errors.js';
import { integerUpTo, several } from './arguments.js';
import type { Renamed } from './in-switches.js';
import { tlsOf } from './tls-files.js';

/** What the user says about a Lance server. */
export interface LanceSwitches {
  readonly dataDir?: string;
  readonly fsync?: boolean;
  readonly memoryBytes?: number;
  readonly segmentBytes?: number;
  readonly retentionSweepMs?: number;
  readonly recoveryCuts?: boolean;
  readonly lenientNames?: boolean;
  readonly token?: readonly string[];
  readonly enforceTokens?: boolean;
  readonly maxFrame?: number;
  readonly ackDelayMs?: number;
  readonly fetchAlign?: 'byte' | 'record';
  readonly tailSentinelFrom?: bigint;
  readonly maxReadBytesPerSec?: number;
  readonly role?: 'leader' | 'warming' | 'follower';
  readonly leader?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
}

export function lanceSwitches(): Option[] {
  const option = (flags: string, text: string): Option => new Option(flags, text);
  const bytes = (flags: string, text: string): Option =>
    option(flags, text).argParser(integerUpTo(Number.MAX_SAFE_INTEGER));
  return [
    option('--data-dir <folder>', 'where topics are kept; what was acknowledged survives a kill (default: memory)'),
    option('--fsync', 'with --data-dir: acknowledge what survives the loss of power, too'),
    bytes('--memory-bytes <bytes>', 'memory for all topics; the rest is in a temporary file (default 268435456)'),
    bytes('--segment-bytes <bytes>', 'size of what retention deletes as a whole (default 1073741824)'),
    option('--retention-sweep-ms <ms>', 'time between two looks for what retention deletes (default 60000)').argParser(
      integerUpTo(2 ** 31 - 1),
    ),
    option('--recovery-cuts', 'lose at a restart what a genuine server loses: all that is no record'),
    option('--lenient-names', 'allow _ in topic names, which genuine servers refuse'),
    option('--token <token>', 'ask for this token before ingests; may be said several times').argParser(several),
    option('--enforce-tokens', 'with --token: ask for one before commands, too'),
    bytes('--max-frame <bytes>', 'largest payload of a frame (default 16777216)'),
    option('--ack-delay-ms <ms>', 'time between ingests and their acks (default 1)').argParser(
      integerUpTo(2 ** 31 - 1),
    ),
    option('--fetch-align <where>', 'cut fetches anywhere, or behind whole records').choices(['byte', 'record']),
    option('--tail-sentinel-from <offset>', 'offset from which on a fetch asks for the end (default 2^64-1)').argParser(
      offset,
    ),
    bytes('--max-read-bytes-per-sec <bytes>', 'limit of all fetches together (default: none)'),
    option('--role <role>', 'answer as this node of a cluster').choices(['leader', 'warming', 'follower']),
    option('--leader <host:port>', 'be a follower that redirects to this leader'),
    option('--tls-cert <file>', 'listen with TLS, with this certificate (PEM); needs --tls-key'),
    option('--tls-key <file>', 'the key of --tls-cert (PEM)'),
    option('--tls-client-ca <file>', 'let in only clients with a certificate of this authority (PEM)'),
  ];
}

/** What the server calls otherwise. */
export const LANCE_RENAMED: Renamed = {
  maxPayloadBytes: 'maxFrame',
  'cluster.leaderAddr': 'leader',
  tls: 'tlsCert',
};

/** The same, as the server wants it. */
export function lanceServerOptions(said: LanceSwitches): LanceServerOptions {
  const { token, enforceTokens: enforceAll, maxFrame: maxPayloadBytes, ...others } = said;
  if (enforceAll === true && token === undefined) throw new InvalidOptionError('enforceTokens', true, 'needs --token');
  const { role, leader: leaderAddr, tlsCert, tlsKey, tlsClientCa, ...same } = others;
  if (leaderAddr !== undefined && role !== undefined && role !== 'follower')
    throw new InvalidOptionError('leader', leaderAddr, `goes with --role follower, and not with --role ${role}`);
  return {
    ...same,
    maxPayloadBytes,
    auth: token && { tokens: token, enforceAll },
    cluster: role === undefined && leaderAddr === undefined ? undefined : { role: role ?? 'follower', leaderAddr },
    tls: tlsOf({ tlsCert, tlsKey, tlsClientCa }),
  };
}

/** In digits; whether it is one that the server takes, it says itself. */
function offset(text: string): bigint {
  if (/^\d+$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('It must be an integer from 1 to 2^64 - 1');
}
