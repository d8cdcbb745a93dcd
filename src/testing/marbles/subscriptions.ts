import { alongOneAxis } from './axis.js';
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

/** Throws the picture of the first subscription that is not as expected. */
export function assertSubscriptions(actual: readonly Subscribed[], expected: readonly Subscribed[]): void {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const name = `subscription ${index + 1} (of ${actual.length}, expected ${expected.length})`;
    const events = momentsOf(actual[index]).map((moment) => ({ ...moment, value: moment.letter }));
    const mismatch = compareMoments({ name, events }, momentsOf(expected[index]), { draw });
    if (mismatch !== undefined) throw mismatch;
  }
}

function draw(moments: readonly Moment[]): string {
  return alongOneAxis([moments])
    .map(({ texts }) => texts[0])
    .join('');
}

function momentsOf(subscribed: Subscribed | undefined): Moment[] {
  if (subscribed === undefined) return [];
  const { subscribedFrame, unsubscribedFrame } = subscribed;
  return [
    { atMs: subscribedFrame, kind: 'next' as const, letter: '^' },
    { atMs: unsubscribedFrame, kind: 'next' as const, letter: '!' },
  ].filter(({ atMs }) => Number.isFinite(atMs));
}
