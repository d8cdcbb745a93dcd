/**
 * Requests and answers of Flo's operations, the same for all generations of the wire. Times are milliseconds, u64 is
 * bigint.
 */

export interface KvGetRequest {
  readonly key: Uint8Array;
  /** How long to wait, 1 to 300 000; without it the answer comes at once. */
  readonly waitMs?: number;
  /** Waits for the key to exist (default), or for a version newer than the present one. */
  readonly waitFor?: 'exists' | 'change';
  /** Takes the key's place where the server chooses a shard. */
  readonly routingKey?: Uint8Array;
}

export interface KvVersioned {
  readonly version: bigint;
  readonly value: Uint8Array;
}

export interface KvPutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** After which the key is gone; every overwrite without it clears it, as does 0. */
  readonly ttlMs?: number;
  /** The version that must be the present one; 0 means: the key must not exist. */
  readonly casVersion?: bigint;
  /** `never`: absent and present at once, which the flags of `v1-32` can say; such a put is always a conflict. */
  readonly condition?: 'always' | 'ifAbsent' | 'ifPresent' | 'never';
  readonly routingKey?: Uint8Array;
}

export interface KvPutAnswer {
  /** Undefined where a server does not tell. */
  readonly version: bigint | undefined;
}

export interface KvDeleteRequest {
  readonly key: Uint8Array;
  readonly casVersion?: bigint;
  readonly routingKey?: Uint8Array;
}

export interface KvDeleteAnswer {
  readonly existed: boolean;
}

export interface QueueEnqueueRequest {
  readonly queue: Uint8Array;
  readonly payload: Uint8Array;
  /** As it stands on the wire, 0 to 255: lower goes first (flo.md 4.3.1). */
  readonly priority?: number;
  readonly delayMs?: number;
  readonly dedupKey?: string;
}

export interface QueueEnqueueAnswer {
  readonly seq: bigint;
}

export interface QueueDequeueRequest {
  readonly queue: Uint8Array;
  /** 1 to 100. */
  readonly count: number;
  readonly visibilityTimeoutMs?: number;
  /** How long to wait for the first message, 1 to 300 000; without it the answer comes at once. */
  readonly blockMs?: number;
}

/** A message as it was handed out. What stands behind the payload is known only where the server tells it. */
export interface QueueMessage {
  readonly seq: bigint;
  readonly payload: Uint8Array;
  readonly enqueuedAtMs?: number;
  readonly deliveryCount?: number;
  readonly priority?: number;
}

export interface QueueAckRequest {
  readonly queue: Uint8Array;
  /** 1 to 1 024. */
  readonly seqs: readonly bigint[];
}

export interface QueueNackRequest extends QueueAckRequest {
  readonly toDlq?: boolean;
}

export interface DlqListRequest {
  readonly queue: Uint8Array;
  /** 100 if left out; `v2-table` has no place for it. */
  readonly limit?: number;
}

export interface DlqListAnswer {
  readonly messages: readonly QueueMessage[];
  /** Told instead of the messages by servers that can't list them (flo.md 4.3.5). */
  readonly total?: bigint;
}
