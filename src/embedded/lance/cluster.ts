import type { ClusterStatus } from '../../codecs/lance/cluster-json.js';
import { Command } from '../../codecs/lance/commands.js';
import { ErrorText, notLeaderText } from '../../codecs/lance/error-texts.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';

/** Makes an embedded server answer as one node of a cluster would (section 9). It still keeps its data to itself. */
export interface LanceCluster {
  /**
   * `'leader'` serves everything: creating an existing topic gives that topic, an ingest to an unknown topic gets
   * `FORWARD_FAILED`, a fetch from one CatchingUp(0). `'warming'` is a leader that has just been elected: it takes
   * ingests, and refuses all that needs its metadata. `'follower'` serves nothing that it would have to forward.
   */
  readonly role: 'leader' | 'warming' | 'follower';
  /** Where the leader is, `host:port`, an IPv6 address in brackets; for followers only. Default: unknown. */
  readonly leaderAddr?: string | undefined;
  /**
   * What a follower says: `'redirect'` is `NOT_LEADER`, which the genuine server has but hardly ever sends (trap T 29);
   * `'fail'` is `FORWARD_FAILED`, as if forwarding did not succeed. Default: `'redirect'` if the leader is known.
   */
  readonly answer?: 'redirect' | 'fail' | undefined;
}

/** What followers forward and leaders answer only when they are ready (section 9.2); ingests beside these. */
const FORWARDED: ReadonlySet<number> = new Set([
  Command.CreateTopic,
  Command.CreateTopicWithRetention,
  Command.DeleteTopic,
  Command.SetRetention,
  Command.GetTopic,
  Command.Fetch,
]);

/** One node's place in its cluster, or alone. */
export class ClusterPlace {
  readonly #cluster: LanceCluster | undefined;
  readonly #refusal: string | undefined;

  /** @throws InvalidOptionError if an option is wrong. */
  constructor(cluster: LanceCluster | undefined) {
    this.#cluster = cluster === undefined ? undefined : checked(cluster);
    this.#refusal = cluster === undefined ? undefined : refusalOf(cluster);
  }

  /** A server of its own, which is in no cluster. */
  get standalone(): boolean {
    return this.#cluster === undefined;
  }

  /** What is said to an ingest instead of storing it; undefined if it may be stored. */
  get ingestRefusal(): string | undefined {
    return this.#cluster?.role === 'follower' ? this.#refusal : undefined;
  }

  /** What is said to a command instead of carrying it out; undefined if it may be carried out. */
  commandRefusal(command: number): string | undefined {
    return FORWARDED.has(command) ? this.#refusal : undefined;
  }

  /** What GetClusterStatus shows: alone, or one of three nodes, of which 1 leads (section 9.4). */
  get status(): ClusterStatus {
    if (this.#cluster === undefined) return STANDALONE;
    const leads = this.#cluster.role !== 'follower';
    return {
      nodeId: leads ? 1 : 2,
      isLeader: leads,
      leaderId: leads || this.#cluster.leaderAddr !== undefined ? 1 : null,
      currentTerm: 1n,
      nodeCount: 3,
      healthyNodes: 3,
      quorumAvailable: true,
      peerStates: { [leads ? '2' : '1']: 'Connected', 3: 'Connected' },
    };
  }
}

const STANDALONE: ClusterStatus = {
  nodeId: 0,
  isLeader: true,
  leaderId: 0,
  currentTerm: 0n,
  nodeCount: 1,
  healthyNodes: 1,
  quorumAvailable: true,
  peerStates: {},
  mode: 'standalone',
};

function checked(cluster: LanceCluster): LanceCluster {
  const { role, leaderAddr, answer } = onlyKnown('cluster', cluster, { role: true, leaderAddr: true, answer: true });
  if (role !== 'leader' && role !== 'warming' && role !== 'follower') {
    throw new InvalidOptionError('cluster.role', role, "must be 'leader', 'warming' or 'follower'");
  }
  if (role !== 'follower' && (leaderAddr ?? answer) !== undefined) {
    const option = leaderAddr === undefined ? 'cluster.answer' : 'cluster.leaderAddr';
    throw new InvalidOptionError(option, leaderAddr ?? answer, `is for a follower, this is a ${role} node`);
  }
  if (leaderAddr !== undefined && !isAddress(leaderAddr)) {
    throw new InvalidOptionError('cluster.leaderAddr', leaderAddr, 'must be host:port, an IPv6 address in brackets');
  }
  if (answer !== undefined && answer !== 'redirect' && answer !== 'fail') {
    throw new InvalidOptionError('cluster.answer', answer, "must be 'redirect' or 'fail'");
  }
  return cluster;
}

function isAddress(text: string): boolean {
  const port = Number(/^(?:\[[\da-fA-F:.]+\]|[^\s:[\]]+):(\d{1,5})$/.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
}

function refusalOf({ role, leaderAddr, answer }: LanceCluster): string | undefined {
  if (role === 'leader') return undefined;
  if (role === 'warming') return ErrorText.leaderNotReady;
  if ((answer ?? (leaderAddr === undefined ? 'fail' : 'redirect')) === 'redirect') return notLeaderText(leaderAddr);
  return leaderAddr === undefined ? ErrorText.leaderUnknown : ErrorText.leaderUnreachable;
}
