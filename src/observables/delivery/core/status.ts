import type { Status } from '../types.js';
import type { DeliveryCore } from './delivery-core.js';
import { NodeState } from './node.js';

/** Says why a session does not deliver, naming the record that holds it up. */
export function statusOf<T>(core: DeliveryCore<T>, name: string, nowMs: number, beganMs: number): Status {
  const { drainingSinceMs } = core;
  const reasons = core.pauses.reasons;
  if (reasons.includes('window') && core.ledger.hasGap) reasons.push('gap');
  const details = core.pauses.details;
  const { oldest, size } = core.ledger;
  if (oldest !== undefined && (reasons.length > 0 || drainingSinceMs !== undefined)) {
    const { deliveries, bytes } = core.window.limits;
    if (reasons.includes('window')) {
      details.unshift(`${core.window.deliveries} of ${deliveries} deliveries, ${core.window.bytes} of ${bytes} bytes`);
    }
    const seen = oldest.operator === '' ? '' : `, last seen in ${oldest.operator}`;
    const { ballot } = oldest;
    const votes = ballot === undefined ? '' : `, ${ballot.cast} of ${ballot.votes.length} have voted`;
    const what = oldest.state === NodeState.Waiting ? 'waits to come again' : 'is unsettled';
    details.push(
      `the oldest of ${size}, ${name}@${oldest.position}, attempt ${oldest.attempt}, ${what} ` +
        `since ${nowMs - oldest.sinceMs} ms${seen}${votes}`,
    );
  }
  const detail = details.join('; ');
  if (drainingSinceMs !== undefined) return { state: 'draining', reasons, sinceMs: drainingSinceMs, detail };
  return {
    state: reasons.length > 0 ? 'paused' : 'delivering',
    reasons,
    sinceMs: core.pauses.sinceMs ?? beganMs,
    detail,
  };
}
