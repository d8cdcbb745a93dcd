import { Option } from 'commander';
import type { LanceServerOptions } from '../embedded/lance/lance-server.js';
import { integerUpTo } from './integer-up-to.js';

/** What the user says about a Lance server. */
export interface LanceSwitches {
  readonly dataDir?: string;
  readonly fsync?: boolean;
  readonly memoryBytes?: number;
  readonly segmentBytes?: number;
  readonly lenientNames?: boolean;
  readonly token?: readonly string[];
  readonly enforceTokens?: boolean;
  readonly maxFrame?: number;
  readonly ackDelayMs?: number;
  readonly fetchAlign?: 'byte' | 'record';
  readonly maxReadBytesPerSec?: number;
  readonly role?: 'leader' | 'warming' | 'follower';
  readonly leader?: string;
}

const bytes = integerUpTo(Number.MAX_SAFE_INTEGER);

export function lanceSwitches(): Option[] {
  return [
    new Option('--data-dir <folder>', 'where topics are kept; what was acknowledged survives a kill (default: memory)'),
    new Option('--fsync', 'with --data-dir: acknowledge what survives the loss of power, too'),
    new Option('--memory-bytes <bytes>', 'memory for all topics, the rest goes to a temporary file (default 268435456)') //
      .argParser(bytes),
    new Option('--segment-bytes <bytes>', 'size of what retention deletes as a whole (default 1073741824)') //
      .argParser(bytes),
    new Option('--lenient-names', 'allow _ in topic names, which genuine servers refuse'),
    new Option('--token <token>', 'ask for this token before ingests; may be said several times') //
      .argParser((token: string, before: readonly string[] = []) => [...before, token]),
    new Option('--enforce-tokens', 'with --token: ask for one before all commands'),
    new Option('--max-frame <bytes>', 'largest payload of a frame (default 16777216)').argParser(bytes),
    new Option('--ack-delay-ms <ms>', 'time between ingests and their acks (default 1)').argParser(
      integerUpTo(2 ** 31 - 1),
    ),
    new Option('--fetch-align <where>', 'cut fetches anywhere, or behind whole records').choices(['byte', 'record']),
    new Option('--max-read-bytes-per-sec <bytes>', 'limit of all fetches together (default: none)').argParser(bytes),
    new Option('--role <role>', 'answer as this node of a cluster').choices(['leader', 'warming', 'follower']),
    new Option('--leader <host:port>', 'be a follower that redirects to this leader'),
  ];
}

/** The same, as the server wants it. */
export function lanceServerOptions(said: LanceSwitches): LanceServerOptions {
  const {
    token: tokens,
    enforceTokens: enforceAll,
    maxFrame: maxPayloadBytes,
    role,
    leader: leaderAddr,
    ...same
  } = said;
  const isNode = role !== undefined || leaderAddr !== undefined;
  return {
    ...same,
    maxPayloadBytes,
    auth: tokens === undefined && enforceAll === undefined ? undefined : { tokens: tokens ?? [], enforceAll },
    cluster: isNode ? { role: role ?? 'follower', leaderAddr } : undefined,
  };
}
