import { NotADeliveryError } from '../errors.js';
import { DUTY, type AnyDelivery, type Duty } from '../types.js';

/**
 * The duty of what an operator was given.
 * @throws {@link NotADeliveryError} when that has none.
 */
export function dutyOf(operator: string, item: AnyDelivery): Duty {
  // The compiler has seen to it that it is a delivery; users may have no types.
  const duty = (item as Partial<AnyDelivery> | null | undefined)?.[DUTY];
  if (duty === undefined) throw NotADeliveryError.of(operator, item);
  return duty;
}
