import { sketch } from './axis.js';
import { compareMoments } from './compare.js';
import type { Moment } from './moment.js';

/** When a `TestScheduler`'s Observable was subscribed to and left, in frames; RxJS does not export the type. */
export interface Subscribed {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

export function isSubscription(value: unknown): value is Subscribed {
  return typeof value === 'object' && value !== null && 'subscribedFrame' in value;
}

const LEGEND = { '^': 'subscribed', '!': 'unsubscribed' } as const;

/** Throws the picture of the first subscription that is not as expected. */
export function assertSubscriptions(actual: readonly Subscribed[], expected: readonly Subscribed[]): void {
  const count = Math.max(actual.length, expected.length);
  for (let index = 0; index < count; index++) {
    const came = actual[index];
    const due = expected[index];
    const others = came === undefined ? ` (${actual.length} came)` : ` (${expected.length} expected)`;
    const which = `${index + 1} of ${count}${came === undefined || due === undefined ? others : ''}`;
    const name = count === 1 ? 'subscription' : `subscription ${which}`;
    const events = momentsOf(came).map(({ letter, ...moment }) => ({
      ...moment,
      value: LEGEND[letter],
      words: LEGEND[letter],
    }));
    const mismatch = compareMoments({ name, events, legend: LEGEND }, momentsOf(due), { draw: sketch });
    if (mismatch !== undefined) throw mismatch;
  }
}

interface SubscriptionMoment extends Moment {
  readonly letter: keyof typeof LEGEND;
}

function momentsOf(subscribed: Subscribed | undefined): SubscriptionMoment[] {
  if (subscribed === undefined) return [];
  const { subscribedFrame, unsubscribedFrame } = subscribed;
  const all: SubscriptionMoment[] = [
    { atMs: subscribedFrame, kind: 'next', letter: '^' },
    { atMs: unsubscribedFrame, kind: 'next', letter: '!' },
  ];
  return all.filter(({ atMs }) => Number.isFinite(atMs));
}
