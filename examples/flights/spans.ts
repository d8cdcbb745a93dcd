import { createHash } from 'node:crypto';
import type { AttemptedRollout, NewSpan, Span } from 'sluice/lightning';
import type { Lesson } from './trainer.js';

/** The flights that were learned from: this is how the report knows what has been trained. */
const FLIGHTS = 'flights.ids';

/** What a training step tells the store: what it has learned from, and how well the model knew it before, as its reward. */
export function spanOf({ rolloutId, attempt }: AttemptedRollout, sequenceId: number, lesson: Lesson): NewSpan {
  return {
    rolloutId,
    attemptId: attempt.attemptId,
    sequenceId,
    name: 'agentlightning.annotation',
    // The same at every try: if only the answer to the first was lost, the store keeps one span.
    traceId: digest(rolloutId, 32),
    spanId: digest(`${rolloutId}/${attempt.attemptId}`, 16),
    attributes: {
      'agentlightning.reward.0.name': 'primary',
      'agentlightning.reward.0.value': -lesson.error,
      [FLIGHTS]: lesson.flights,
    },
  };
}

/** The ids of the flights that a span says were learned from. */
export function flightsIn({ attributes }: Span): readonly number[] {
  const ids = attributes[FLIGHTS];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'number') : [];
}

function digest(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
