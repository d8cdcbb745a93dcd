/** Why a `v2-table` server refuses, by the number on the wire minus 1 (flo.md 2.5). */
const REASONS = [
  'unknown_op',
  'malformed',
  'field_too_long',
  'out_of_range',
  'leader_unknown',
  'shard_busy',
  'table_mismatch',
  'unknown_flag',
  'internal',
  'committed_not_applied',
  'answer_lost',
  'unclassified',
  'not_found',
  'reserved_key',
  'cas_mismatch',
  'condition_failed',
  'no_such_transaction',
  'wrong_routing_key',
  'txn_too_large',
  'too_many_waiters',
  'conflicting_fields',
  'writes_stopped',
  'too_many_proposals',
  'wrong_type',
  'too_many_transactions',
  'stale_report',
  'worker_unhealthy',
  'worker_draining',
] as const;

/** Why a `v2-table` server refuses. */
export type Reason = (typeof REASONS)[number];

/** Whether an operation that was refused took effect all the same. */
export type Ran = 'no' | 'yes' | 'unknown';

const RAN: readonly Ran[] = ['no', 'yes', 'unknown'];

export function reasonOf(code: number): Reason | undefined {
  return REASONS[code - 1];
}

export function reasonCode(reason: Reason): number {
  return REASONS.indexOf(reason) + 1;
}

export function ranOf(code: number): Ran | undefined {
  return RAN[code];
}

export function ranCode(ran: Ran): number {
  return RAN.indexOf(ran);
}
