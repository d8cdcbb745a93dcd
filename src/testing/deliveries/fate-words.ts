import { isPlain } from '../marbles/plain.js';
import { showValue } from '../marbles/show-value.js';
import type { FateEvent } from './fate-event.js';

/** As much of a value is shown. */
const COLUMNS = 40;

/** A fate for people, such as `nacked b (attempt 2) by work for 200 ms`. */
export function fateWords(event: FateEvent): string {
  const { fate, attempt, by, reason, delayMs } = event;
  const what = `${fate} ${nameOf(event)}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
  if (fate === 'abandoned') return `${what} in ${by}${reason === undefined ? '' : `: ${reason}`}`;
  const pause = delayMs === undefined || delayMs === 0 ? '' : ` for ${delayMs} ms`;
  return `${what} by ${by}${pause}${reason === undefined ? '' : `: ${reason}`}`;
}

/** A short text is its own name, and a plain object is shown; of others, such as batches of a log, only the position is. */
function nameOf({ value, position }: FateEvent): string {
  if (typeof value === 'string' && value.length <= COLUMNS) return value;
  if (typeof value === 'bigint') return String(value);
  const isShown = typeof value !== 'object' || Array.isArray(value) || (value !== null && isPlain(value));
  return isShown ? showValue(value, COLUMNS) : `number ${position}`;
}
