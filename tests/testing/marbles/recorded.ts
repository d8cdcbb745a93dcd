import { parseDiagram } from '../../../src/testing/marbles/parse-diagram.js';
import type { Legend, Recording } from '../../../src/testing/marbles/recording.js';

/** What a diagram says, as if it had happened. */
export function recorded(diagram: string, values: Legend = {}, rest: Partial<Recording> = {}): Recording {
  const events = parseDiagram(diagram).moments.map(({ atMs, kind, letter }) => {
    const value = Object.hasOwn(values, letter) ? values[letter] : letter;
    return { atMs, kind, value: kind === 'complete' ? undefined : value };
  });
  return { name: 'letters', events, ...rest };
}

const WORDS: Legend = {
  a: 'acked a by work',
  n: 'nacked b (attempt 2) by work',
  d: 'dead c by work: no such user',
};
const FATES: Legend = { a: 'acked', n: 'nacked', d: 'dead', x: 'abandoned' };

/** Fates, as the kit records them: objects with words, of which a diagram names some properties. */
export function fates(diagram: string): Recording {
  const { events } = recorded(diagram);
  return {
    name: 'fate of flo:tasks',
    legend: FATES,
    events: events.map((event) => ({
      ...event,
      value: event.kind === 'next' ? { fate: FATES[String(event.value)], by: 'work', attempt: 2 } : event.value,
      words: event.kind === 'next' ? String(WORDS[String(event.value)]) : undefined,
    })),
    matches(actual, expected) {
      if (typeof actual !== 'object' || actual === null) return false;
      if (typeof expected === 'string') return Reflect.get(actual, 'fate') === expected;
      return Object.entries(expected as object).every(([key, value]) => Reflect.get(actual, key) === value);
    },
  };
}
