import { Refusal } from '../reading/refusal.js';

/**
 * Fields that may be left out but not be null.
 *
 * @throws Refusal
 */
export function notNull<T>(field: string, value: T | null | undefined): T | undefined {
  if (value === null) throw new Refusal(400, `${field} is invalid; it cannot be a null value.`);
  return value;
}
