import { booleanOf, objectOf, parseJson, stringOf, u32Of, u64Of } from './json-u64.js';

/** What a node says about its cluster; only `isLeader` and `leaderId` can be relied on (lance.md 9.4). */
export interface ClusterStatus {
  readonly nodeId: number;
  readonly isLeader: boolean;
  /** `null` when the node does not know. */
  readonly leaderId: number | null;
  readonly currentTerm: bigint;
  readonly nodeCount: number;
  readonly healthyNodes: number;
  readonly quorumAvailable: boolean;
  /** By node id in decimal: `Connected`, `Connecting`, `Disconnected` or `Failed`. */
  readonly peerStates: Readonly<Record<string, string>>;
  /** `standalone`, or absent in a cluster. */
  readonly mode?: string;
}

/** Decodes the reply to GetClusterStatus. Throws {@link ProtocolError}. */
export function decodeClusterStatus(text: string): ClusterStatus {
  const object = objectOf(parseJson(text));
  const peers = objectOf(object['peer_states']);
  const status = {
    nodeId: u32Of(object, 'node_id'),
    isLeader: booleanOf(object, 'is_leader'),
    leaderId: object['leader_id'] === null ? null : u32Of(object, 'leader_id'),
    currentTerm: u64Of(object, 'current_term'),
    nodeCount: u32Of(object, 'node_count'),
    healthyNodes: u32Of(object, 'healthy_nodes'),
    quorumAvailable: booleanOf(object, 'quorum_available'),
    peerStates: Object.fromEntries(Object.keys(peers).map((id) => [id, stringOf(peers, id)])),
  };
  return object['mode'] === undefined ? status : { ...status, mode: stringOf(object, 'mode') };
}

/** Keys in alphabetical order, as the reference server writes them. */
export function encodeClusterStatus(status: ClusterStatus): string {
  const mode = status.mode === undefined ? '' : `"mode":${JSON.stringify(status.mode)},`;
  return (
    `{"current_term":${status.currentTerm},"healthy_nodes":${status.healthyNodes},"is_leader":${status.isLeader},` +
    `"leader_id":${status.leaderId},${mode}"node_count":${status.nodeCount},"node_id":${status.nodeId},` +
    `"peer_states":${JSON.stringify(status.peerStates)},"quorum_available":${status.quorumAvailable}}`
  );
}
