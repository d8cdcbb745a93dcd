import type { FloError } from './errors.js';
import type {
  DlqListAnswer,
  DlqListRequest,
  KvDeleteAnswer,
  KvDeleteRequest,
  KvGetRequest,
  KvPutAnswer,
  KvPutRequest,
  KvVersioned,
  QueueAckRequest,
  QueueDequeueRequest,
  QueueEnqueueAnswer,
  QueueEnqueueRequest,
  QueueMessage,
  QueueNackRequest,
} from './operations.js';
import type { Ran, Reason } from './reasons.js';

/** The generations of the wire that are spoken here (flo.md 0). Nothing on the wire negotiates them. */
export type FloProtocol = 'v1-32' | 'v2-table';

/** A request id, a u64 in two halves: a server echoes whatever it was given. */
export interface RequestId {
  readonly low: number;
  readonly high: number;
}

/** What the head of a request says. */
export interface RequestHead {
  readonly id: RequestId;
  readonly opcode: number;
  readonly payloadBytes: number;
}

/** What the head of an answer says. Answers name no operation: the id alone tells what they answer. */
export interface AnswerHead {
  readonly id: RequestId;
  readonly status: number;
  readonly payloadBytes: number;
}

/**
 * Why a server refuses; `reason` and `ran` travel in `v2-table` only, and what is left out is what the status usually
 * means (flo.md 2.5).
 */
export interface Refusal {
  readonly status: number;
  readonly text?: string;
  readonly reason?: Reason;
  /** Whether the operation took effect all the same. */
  readonly ran?: Ran;
}

/**
 * One operation as one generation writes it: both sides of both directions, so that client and server can't drift
 * apart.
 */
export interface Operation<Q, A> {
  /** As users know it, such as `kv.get`. */
  readonly name: string;
  readonly opcode: number;
  /** The answer carries what the server counts as handed out: whoever drops it loses it. */
  readonly taking: boolean;
  /**
   * The payload of a request.
   * @throws NotSupportedError when this generation has no place for an option that was given.
   * @throws InvalidOptionError when a field does not fit its place on the wire.
   */
  encodeRequest(namespace: string, request: Q): Uint8Array;
  /**
   * What a server reads, as it was sent: an empty namespace means `default`, counts and waits may be out of range.
   * @throws InvalidRequestError when it is no request at all: answered with id 0 and status 3, then the connection
   * ends.
   * @throws ServerError when it is a request that must be refused; `refusalOf` makes the answer of it.
   */
  decodeRequest(payload: Uint8Array): { readonly namespace: string; readonly request: Q };
  encodeAnswer(answer: A): Uint8Array;
  /** @throws IncompleteResponseError when the body can't be read. */
  decodeAnswer(body: Uint8Array): A;
}

/** How one generation is spoken; only `v1-32` leaves a choice. */
export interface FloCodecOptions {
  /** What a server counts a TTL in: `ms` (default) since autumn 2026, `s` before (rounded up). */
  readonly ttlUnit?: 's' | 'ms';
  /**
   * Which layouts of answers to write: those that SDKs expect (default), or those that real servers write. Both are
   * read.
   */
  readonly bodies?: 'sdk' | 'server';
}

/** Everything that differs between the generations of the wire; what stands above knows this interface only. */
export interface FloCodec {
  readonly protocol: FloProtocol;
  readonly headerBytes: number;
  /** Whether a queue message is leased and its lease can be renewed. */
  readonly leases: boolean;
  /** Whether deleting an absent key is refused with status 2 instead of answered with `existed` false. */
  readonly refusesAbsentDelete: boolean;

  requestFrame(id: RequestId, opcode: number, payload: Uint8Array): Uint8Array;
  answerFrame(id: RequestId, status: number, payload: Uint8Array): Uint8Array;
  /**
   * The head of a request in `headerBytes` bytes at `at`. @throws ProtocolError when it is not one of this generation.
   */
  decodeRequestHead(bytes: Uint8Array, at: number): RequestHead;
  /** @throws InvalidMagicError, UnsupportedVersionError, TableMismatchError, PayloadTooLargeError */
  decodeAnswerHead(bytes: Uint8Array, at: number): AnswerHead;
  /** Whether the checksum in the head at `at` belongs to that head and the payload. */
  isIntact(bytes: Uint8Array, at: number, payload: Uint8Array): boolean;

  refusalBody(refusal: Refusal): Uint8Array;
  /**
   * The error that an answer with this status other than 0 means: a ServerError, or IncompleteResponseError;
   * `operation` is for its message.
   */
  refused(status: number, body: Uint8Array, operation: string): FloError;

  readonly ping: Operation<void, string>;
  readonly kv: {
    readonly get: Operation<KvGetRequest, KvVersioned>;
    readonly put: Operation<KvPutRequest, KvPutAnswer>;
    readonly delete: Operation<KvDeleteRequest, KvDeleteAnswer>;
  };
  readonly queue: {
    readonly enqueue: Operation<QueueEnqueueRequest, QueueEnqueueAnswer>;
    readonly dequeue: Operation<QueueDequeueRequest, readonly QueueMessage[]>;
    readonly ack: Operation<QueueAckRequest, void>;
    readonly nack: Operation<QueueNackRequest, void>;
    readonly touch: Operation<QueueAckRequest, void>;
    readonly dlqList: Operation<DlqListRequest, DlqListAnswer>;
  };
}
