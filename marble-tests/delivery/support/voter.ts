import type { Observable, Subscription } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import type { Delivery, Settled } from '../../../src/observables/delivery/types.js';

/** What a subscriber does with a delivery. */
export type Deed = (delivery: Delivery<string>, subscription: Subscription) => unknown;

/** A subscriber whose deeds are given by message and attempt, such as `a1`; what is not given is acked at once. */
export interface Voter {
  readonly subscription: Subscription;
  /** What it was handed, and how it ended: `a1 1`, `| 5`, `# 5`. */
  readonly seen: string[];
  readonly deliveries: Delivery<string>[];
}

export function voter(stream: Observable<Delivery<string>>, deeds: Readonly<Record<string, Deed>> = {}): Voter {
  const seen: string[] = [];
  const deliveries: Delivery<string>[] = [];
  const subscription = stream.subscribe({
    next: (delivery) => {
      const name = `${delivery.value}${delivery.attempt}`;
      seen.push(`${name} ${clock.now()}`);
      deliveries.push(delivery);
      (deeds[name] ?? ack)(delivery, subscription);
    },
    error: (error: unknown) => seen.push(`# ${clock.now()} ${error instanceof Error ? error.message : ''}`),
    complete: () => seen.push(`| ${clock.now()}`),
  });
  return { subscription, seen, deliveries };
}

export const ack: Deed = (delivery) => delivery.ack();
export const dead: Deed = (delivery) => delivery.dead();
export const never: Deed = () => undefined;
export const leave: Deed = (_delivery, subscription) => subscription.unsubscribe();
export const nack =
  (delayMs = 0): Deed =>
  (delivery) =>
    delivery.nack({ delayMs });

/** One deed after another. */
export const both =
  (one: Deed, other: Deed): Deed =>
  (delivery, subscription) => {
    one(delivery, subscription);
    other(delivery, subscription);
  };

/** A deed that is done later. */
export const after =
  (delayMs: number, deed: Deed): Deed =>
  (delivery, subscription) =>
    void clock.after(delayMs, () => deed(delivery, subscription));

/** Notes what the decisions of a deed come to. */
export const noting =
  (results: Settled[], deed: Deed): Deed =>
  (delivery, subscription) =>
    void results.push(deed(delivery, subscription) as Settled);
