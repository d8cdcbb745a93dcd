import fc from 'fast-check';
import { EMPTY, Subscription } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import type { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { deliveries } from '../../../src/testing/deliveries/deliveries.js';
import type { FateEvent } from '../../../src/testing/deliveries/fate-event.js';
import { fateRecording } from '../../../src/testing/deliveries/fate-recording.js';
import type { MarbleKit } from '../../../src/testing/kit/kit.js';
import { marbles } from '../../../src/testing/kit/marbles.js';

const SEED = Number(process.env['SEED'] ?? 20261010);
const RUNS = Number(process.env['RUNS'] ?? 200);
const LETTERS = ['a', 'b', 'c', 'd', 'e'] as const;

const deed = fc.record({
  afterMs: fc.integer({ min: 0, max: 5 }),
  fate: fc.constantFrom('acked', 'nacked', 'dead', 'left'),
  delayMs: fc.integer({ min: 0, max: 8 }),
});
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

const story = fc.record({
  room: fc.integer({ min: 1, max: 4 }),
  /** Whatever comes behind a group has to leave it room in the diagram. */
  gaps: fc.array(fc.constantFrom(0, 8, 9, 15), { minLength: 1, maxLength: 5 }),
  /** By letter, then by attempt; in the end it is acked. */
  deeds: fc.array(fc.array(deed, { maxLength: 3 }), { minLength: 5, maxLength: 5 }),
  subscribers: fc.array(
    fc.record({ fromMs: fc.integer({ min: 0, max: 20 }), forMs: fc.integer({ min: 0, max: 60 }) }),
    { minLength: 1, maxLength: 3 },
  ),
  drain: fc.option(fc.record({ atMs: fc.integer({ min: 0, max: 60 }), deadlineMs: fc.integer({ min: 0, max: 20 }) }), {
    nil: undefined,
  }),
});
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

const ACK: Deed = { afterMs: 1, fate: 'acked', delayMs: 0 };
const TIME_MS = 200;

function arrivals({ gaps }: Story): { letter: string; atMs: number }[] {
  let atMs = 0;
  return gaps.map((gapMs, index) => ({ letter: LETTERS[index]!, atMs: (atMs += gapMs) }));
}

function diagramOf(given: Story): string {
  const byTime = new Map<number, string>();
  for (const { letter, atMs } of arrivals(given)) byTime.set(atMs, (byTime.get(atMs) ?? '') + letter);
  let frame = 0;
  let text = '';
  for (const [atMs, letters] of byTime) {
    text += ` ${atMs - frame}ms ${letters.length > 1 ? `(${letters})` : letters}`;
    frame = atMs + (letters.length > 1 ? letters.length + 2 : 1);
  }
  return text;
}

function act(delivery: Delivery<unknown>, letter: string, { deeds }: Story): void {
  const { afterMs, fate, delayMs } = deeds[LETTERS.indexOf(letter as 'a')]![delivery.attempt - 1] ?? ACK;
  if (fate === 'left') return;
  const settle = (): unknown => {
    if (fate === 'acked') return delivery.ack();
    return fate === 'dead' ? delivery.dead() : delivery.nack({ delayMs });
  };
  if (afterMs === 0) settle();
  else clock.after(afterMs, settle);
}

function play<T>(given: Story, make: (kit: MarbleKit) => { stream: DeliveryStream<T>; letterOf: (value: T) => string }): string[] {
  let told: string[] = [];
  marbles((kit) => {
    const { stream, letterOf } = make(kit);
    const fates = fateRecording(stream);
    for (const { fromMs, forMs } of given.subscribers) {
      const subscription = new Subscription();
      clock.after(fromMs, () =>
        subscription.add(stream.subscribe({ next: (it) => act(it, letterOf(it.value), given), error: () => {} })),
      );
      clock.after(fromMs + forMs, () => subscription.unsubscribe());
    }
    const { drain } = given;
    if (drain !== undefined) clock.after(drain.atMs, () => stream.drain({ deadlineMs: drain.deadlineMs }).subscribe());
    clock.after(TIME_MS, () => {
      told = fates.events.map(({ atMs, kind, value }) => {
        if (kind !== 'next') return `${atMs} ${kind}`;
        const { fate, attempt, reason, value: it } = value as FateEvent<T>;
        return `${atMs} ${letterOf(it)}${attempt} ${fate} ${reason ?? ''}`;
      });
    });
  });
  return told;
}

function sorted(told: readonly string[]): string[] {
  return told.toSorted((one, other) => parseInt(one) - parseInt(other) || (one < other ? -1 : 1));
}

describe('deliveries', () => {
  it('hot behave as the messages of a Flo queue', () => {
    fc.assert(
      fc.property(story, (given) => {
        const marble = play(given, () => ({
          stream: deliveries(diagramOf(given), undefined, { hot: true, window: { deliveries: given.room } }),
          letterOf: (value) => value,
        }));
        const real = play(given, ({ flo }) => {
          const { client, enqueue } = flo({ latencyMs: 0, maxDeliveries: 99 });
          for (const { letter, atMs } of arrivals(given)) clock.after(atMs, () => enqueue('q', letter));
          return {
            stream: client.queue.messages('q', { window: { deliveries: given.room }, blockMs: 1 }),
            letterOf: (value) => Buffer.from(value).toString(),
          };
        });
        expect(sorted(marble)).toEqual(sorted(real));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('cold behave as a Lance log', () => {
    fc.assert(
      fc.property(story, (whole) => {
        const given = { ...whole, gaps: whole.gaps.map(() => 0), subscribers: whole.subscribers.slice(0, 1) };
        const marble = play(given, () => ({
          stream: deliveries(diagramOf(given), undefined, { window: { deliveries: given.room } }),
          letterOf: (value) => value,
        }));
        const real = play(given, ({ lance }) => {
          const { client, append } = lance({ latencyMs: 0 });
          append('log', ...arrivals(given).map(({ letter }) => letter));
          return {
            stream: client.consume('log', { window: { deliveries: given.room }, maxFetchBytes: 6, deadLetters: () => EMPTY }),
            letterOf: (value) => value.record(0).text(),
          };
        });
        expect(sorted(marble)).toEqual(sorted(real));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
