import type { FateEvent } from './fate-event.js';

/** A fate for people, such as `nacked b (attempt 2) by work for 200 ms`. */
export function fateWords(event: FateEvent): string {
  const { fate, attempt, by, reason, delayMs } = event;
  const what = `${fate} ${nameOf(event)}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
  if (fate === 'abandoned') return `${what} in ${by}${reason === undefined ? '' : `: ${reason}`}`;
  const pause = delayMs === undefined || delayMs === 0 ? '' : ` for ${delayMs} ms`;
  return `${what} by ${by}${pause}${reason === undefined ? '' : `: ${reason}`}`;
}

/** A short value is its own name; of others only the position is. */
function nameOf({ value, position }: FateEvent): string {
  if (typeof value === 'string' && value.length <= 20) return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return `number ${position}`;
}
