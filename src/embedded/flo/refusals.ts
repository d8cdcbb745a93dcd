import type { Refusal } from '../../codecs/flo/codec.js';

/** What this server refuses, and how (flo.md 2.5 and 2.8). */
export const refusals = {
  /** Nothing there. The text is empty: some clients read it as a body (trap 53). */
  notFound: { status: 2, reason: 'not_found', ran: 'no' },
  casMismatch: { status: 8, reason: 'cas_mismatch', ran: 'no' },
  conditionFailed: { status: 8, reason: 'condition_failed', ran: 'no' },
  reservedKey: { status: 7, text: 'reserved key', reason: 'reserved_key', ran: 'no' },
  invalidRequest: { status: 3, text: 'Invalid request', reason: 'malformed', ran: 'no' },
  notImplemented: { status: 9, text: 'not implemented', reason: 'unknown_op', ran: 'no' },
} satisfies Record<string, Refusal>;

/** The request makes no sense to the operation, though it could be read. */
export function malformed(text: string): Refusal {
  return { status: 3, text, reason: 'malformed', ran: 'no' };
}

export function tooLong(field: string, { length }: Uint8Array, most: number): Refusal {
  return {
    status: 3,
    text: `${field}: ${length} bytes, at most ${most} are taken`,
    reason: 'field_too_long',
    ran: 'no',
  };
}

export function waitTooLong(askedMs: number, mostMs: number): Refusal {
  return { status: 3, text: `a wait of ${askedMs} ms: at most ${mostMs} ms`, reason: 'out_of_range', ran: 'no' };
}
