import { asJson, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { messageOf } from '../../foundation/message-of.js';
import type { AnyDelivery } from './types.js';

type Shown = Pick<AnyDelivery, 'source' | 'attempt' | 'value'>;

/** A delivery as `console.log` shows it: where it came from, and what it carries, or why that can't be read. */
export function inspectedDelivery(delivery: Shown, how: Inspecting): string {
  return inspected('Delivery', factsOf(delivery), how);
}

/** The same as JSON can have it. */
export function deliveryAsJson(delivery: Shown): Record<string, unknown> {
  return asJson(factsOf(delivery));
}

function factsOf(delivery: Shown): object {
  const { system, name, position } = delivery.source;
  const facts = { source: `${system}:${name} at ${position}`, attempt: delivery.attempt };
  try {
    return { ...facts, value: delivery.value as unknown };
  } catch (error) {
    return { ...facts, error: messageOf(error) };
  }
}
