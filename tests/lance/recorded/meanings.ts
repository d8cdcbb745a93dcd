/** What an answer of the server means, read from its bytes without the library. */
export type Meaning = { readonly value: unknown } | { readonly code: string; readonly message: string };

interface TopicJson {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
  readonly topic_epoch: number;
}

/** Which error a text is (lance.md 11). */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/^Topic '.*' already exists$/s, 'LANCE_TOPIC_EXISTS'],
  [/^(Invalid data: Topic name|Topic name required$)/, 'LANCE_INVALID_TOPIC_NAME'],
  [/^I\/O error: File name too long/, 'LANCE_INVALID_TOPIC_NAME'],
  [/(not found|^Unknown topic)$/, 'LANCE_TOPIC_NOT_FOUND'],
  [/^(Invalid|Protocol error|Fetch request|Authentication handled)/, 'LANCE_PROTOCOL'],
];

export function meaningOf(answer: Buffer): Meaning {
  const payload = answer.subarray(44);
  if (answer.readUInt8(5) === 0x20) return { value: expect.any(Number) };
  // Of an Unsubscribe.
  if (answer.readUInt8(5) === 0x08) return { value: undefined };
  const command = answer.readUInt8(12);
  if (command === 0xff) return errorOf(payload.toString());
  if (command === 0x09) {
    const message = payload.toString('utf8', 1);
    return payload[0] === 1 ? { value: undefined } : { code: 'LANCE_ACCESS_DENIED', message };
  }
  if (command === 0x80) return { value: ofJson(payload.toString()) };
  if (command === 0x81) return { value: clusterStatus(JSON.parse(payload.toString()) as Record<string, unknown>) };
  const consumerId = payload.readBigUInt64LE(0);
  if (command === 0x23) return { value: { consumerId, startOffset: payload.readBigUInt64LE(8) } };
  if (command === 0x24) return { value: { consumerId, offset: payload.readBigUInt64LE(8) } };
  throw new Error(`nobody knows what ${answer.toString('hex')} means`);
}

export function errorOf(message: string): { code: string; message: string } {
  const found = CODES.find(([pattern]) => pattern.test(message));
  if (found === undefined) throw new Error(`no code for ${message}`);
  return { code: found[1], message };
}

function ofJson(text: string): unknown {
  // Integers beyond 2^53 are not kept by JSON.parse.
  const u64 = (name: string): bigint => BigInt(new RegExp(`"${name}":(\\d+)`).exec(text)?.[1] ?? '-1');
  const parsed = JSON.parse(text) as Record<string, unknown>;
  const limit = (name: string): bigint | undefined => (u64(name) === 2n ** 64n - 1n ? undefined : u64(name));
  const seconds = limit('max_age_secs');
  const retention = {
    maxAgeMs: seconds === undefined ? undefined : Number(seconds) * 1000,
    maxBytes: limit('max_bytes'),
  };
  if ('deleted' in parsed) return parsed['deleted'];
  if ('topics' in parsed) return (parsed['topics'] as TopicJson[]).map(topic);
  if ('topic_id' in parsed) return retention;
  const info = topic(parsed as unknown as TopicJson);
  return 'max_bytes' in parsed ? { ...info, retention } : info;
}

function topic({ id, name, created_at, topic_epoch }: TopicJson): object {
  return { id, name, createdAt: BigInt(created_at), topicEpoch: BigInt(topic_epoch) };
}

function clusterStatus(status: Record<string, unknown>): unknown {
  return {
    nodeId: status['node_id'],
    isLeader: status['is_leader'],
    leaderId: status['leader_id'],
    currentTerm: BigInt(status['current_term'] as number),
    nodeCount: status['node_count'],
    healthyNodes: status['healthy_nodes'],
    quorumAvailable: status['quorum_available'],
    peerStates: status['peer_states'],
    mode: status['mode'],
  };
}
