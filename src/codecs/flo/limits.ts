/** Frames that announce more than this are not read by clients: the largest value and what stands around it. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024 + 64 * 1024;
/** Servers refuse requests that announce more (flo.md 2.4). */
export const MAX_REQUEST_BYTES = 100 * 1024 * 1024;

export const MAX_NAMESPACE_BYTES = 255;
/** What the u16 in front of it can say. */
export const MAX_KEY_BYTES = 65_535;
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;
/** The largest value of a put in `v2-table` (flo.md 5). */
export const MAX_TABLE_VALUE_BYTES = 253_817;
/** The largest TTL in `v2-table`. */
export const MAX_TABLE_TTL_MS = 18_446_744_073_709;
export const MAX_OPTION_BYTES = 255;
/** The largest routing key in `v2-table`. */
export const MAX_ROUTING_KEY_BYTES = 4_096;
/** The longest wait that late servers accept. */
export const MAX_WAIT_MS = 300_000;
export const MAX_DEQUEUE_COUNT = 100;
/** Sequence numbers in one ack, nack or touch. */
export const MAX_SEQS = 1_024;
/** Dead letters that are listed when nobody says how many. */
export const DEFAULT_DLQ_LIMIT = 100;
