import fc from 'fast-check';
import { EMPTY, retry, Subscription, timer } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import type { RecordBatch } from '../../../src/codecs/lance/record-batch.js';
import type { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';
import type { Delivery, Fate, FateReport } from '../../../src/observables/delivery/types.js';
import { deliveries, type DeliveriesOptions } from '../../../src/testing/deliveries/deliveries.js';
import type { FateEvent } from '../../../src/testing/deliveries/fate-event.js';
import { fateRecording } from '../../../src/testing/deliveries/fate-recording.js';
import { fault } from '../../../src/testing/faults/fault.js';
import type { MarbleKit } from '../../../src/testing/kit/kit.js';
import { marbles } from '../../../src/testing/kit/marbles.js';
import type { Recording } from '../../../src/testing/marbles/recording.js';

const SEED = Number(process.env['SEED'] ?? 20261010);
const LETTERS = 'abcde';

interface Deed {
  readonly afterMs: number;
  readonly fate: 'acked' | 'nacked' | 'dead' | 'left';
  readonly delayMs: number;
}

/** What comes, and what subscribers do. */
interface Story {
  readonly room: number;
  /** How long after the one before it each message comes. */
  readonly gapsMs: readonly number[];
  /** By letter, then by attempt; in the end each is acked. */
  readonly deeds: readonly (readonly Deed[])[];
  readonly subscribers: readonly { readonly fromMs: number; readonly forMs: number }[];
  readonly drain: { readonly atMs: number; readonly deadlineMs: number } | undefined;
  /** When its session breaks. Whoever is subscribed is so again after two milliseconds. */
  readonly breaksMs?: number;
}

/** Stories in steps of so many milliseconds; deeds are half a step off. */
const stories = (stepMs: number): fc.Arbitrary<Story> => {
  const steps = (min: number, max: number) => fc.integer({ min, max }).map((count) => count * stepMs);
  const deed = fc.record({
    afterMs: steps(0, 5).map((ms) => (stepMs === 1 ? ms : ms + stepMs / 2)),
    fate: fc.constantFrom<Deed['fate'][]>('acked', 'nacked', 'dead', 'left'),
    delayMs: steps(0, 8),
  });
  return fc.record({
    room: fc.integer({ min: 1, max: 4 }),
    // Whatever comes behind a group has to leave it room in the diagram.
    gapsMs: fc.array(
      fc.constantFrom(0, 8, 9, 15).map((count) => count * stepMs),
      { minLength: 1, maxLength: LETTERS.length },
    ),
    deeds: fc.array(fc.array(deed, { maxLength: 3 }), { minLength: LETTERS.length, maxLength: LETTERS.length }),
    subscribers: fc.array(fc.record({ fromMs: steps(0, 20), forMs: steps(0, 60) }), { minLength: 1, maxLength: 3 }),
    drain: fc.option(fc.record({ atMs: steps(0, 60), deadlineMs: steps(0, 20) }), { nil: undefined }),
  });
};

function arrivals({ gapsMs }: Story): { letter: string; atMs: number }[] {
  let atMs = 0;
  return gapsMs.map((gapMs, index) => ({ letter: LETTERS[index]!, atMs: (atMs += gapMs) }));
}

function diagramOf(story: Story): string {
  const byTime = new Map<number, string>();
  for (const { letter, atMs } of arrivals(story)) byTime.set(atMs, (byTime.get(atMs) ?? '') + letter);
  let frame = 0;
  const parts = [...byTime].map(([atMs, letters]) => {
    const part = `${atMs - frame}ms (${letters})`;
    frame = atMs + letters.length + 2;
    return part;
  });
  if (story.breaksMs !== undefined) parts.push(`${story.breaksMs - frame}ms #`);
  return parts.join(' ');
}

function act(delivery: Delivery<unknown>, letter: string, { deeds }: Story): void {
  const { afterMs, fate, delayMs } = deeds[LETTERS.indexOf(letter)]?.[delivery.attempt - 1] ?? {
    afterMs: 0,
    fate: 'acked',
    delayMs: 0,
  };
  if (fate === 'left') return;
  const settle = (): unknown => {
    if (fate === 'acked') return delivery.ack();
    return fate === 'dead' ? delivery.dead() : delivery.nack({ delayMs });
  };
  if (afterMs === 0) settle();
  else clock.after(afterMs, settle);
}

interface Fated {
  readonly atMs: number;
  readonly what: string;
}

/** What a stream must report of what was recorded. */
function countsOf({ events }: Recording): Partial<FateReport> {
  const fates = events.filter(({ kind }) => kind === 'next').map(({ value }) => (value as FateEvent).fate);
  const count = (fate: Fate): number => fates.filter((one) => one === fate).length;
  const [acked, nacked, dead, abandoned] = [count('acked'), count('nacked'), count('dead'), count('abandoned')];
  return { delivered: fates.length, acked, nacked, dead, abandoned };
}

/** What became of all deliveries of a stream, those of one moment in the order of the alphabet. */
function fated<T>(
  story: Story,
  letterOf: (value: T) => string,
  make: (kit: MarbleKit) => DeliveryStream<T>,
  atOnce = true,
): Fated[] {
  let told: Fated[] = [];
  marbles((kit) => {
    const stream = make(kit);
    const fates = fateRecording(stream);
    const lasts = [0, ...story.subscribers.map(({ fromMs, forMs }) => fromMs + forMs)];
    for (const { fromMs, forMs } of story.subscribers) {
      const subscription = new Subscription();
      const next = (delivery: Delivery<T>): void => act(delivery, letterOf(delivery.value), story);
      clock.after(fromMs, () => subscription.add(stream.pipe(retry({ delay: 2 })).subscribe(next)));
      clock.after(fromMs + forMs, () => subscription.unsubscribe());
    }
    const { drain } = story;
    if (drain !== undefined) clock.after(drain.atMs, () => stream.drain({ deadlineMs: drain.deadlineMs }).subscribe());
    clock.after(Math.max(...lasts) + (atOnce ? 1 : 20_000), () => {
      expect(stream.fate()).toMatchObject(countsOf(fates));
      told = fates.events.map(({ atMs, kind, value }) => {
        if (kind !== 'next') return { atMs, what: kind };
        const { fate, attempt, reason = '', value: it } = value as FateEvent<T>;
        return { atMs, what: `${letterOf(it)}${attempt} ${fate} ${reason}` };
      });
    });
  });
  return told;
}

/** In words, by steps of time. */
function inOrder(told: readonly Fated[], stepMs = 1): string[] {
  return told
    .map(({ atMs, what }) => ({ atMs: Math.ceil(atMs / stepMs) * stepMs, what }))
    .toSorted((one, other) => one.atMs - other.atMs || (one.what < other.what ? -1 : 1))
    .map(({ atMs, what }) => `${atMs} ms: ${what}`);
}

function ofLog(story: Story): Fated[] {
  return fated(
    story,
    (batch: RecordBatch<unknown>) => batch.record(0).text(),
    ({ lance }) => {
      const { client, append, apply } = lance({ latencyMs: 0, client: { reconnect: { maxAttempts: 0 } } });
      append('log', ...arrivals(story).map(({ letter }) => letter));
      if (story.breaksMs !== undefined) clock.after(story.breaksMs, () => apply(fault.drop()));
      // A fetch brings one record.
      const options = { window: { deliveries: story.room }, maxFetchBytes: 6, deadLetters: () => EMPTY };
      return client.consume('log', options);
    },
  );
}

const text = (value: Uint8Array): string => Buffer.from(value).toString();

function ofMarbles(story: Story, options: DeliveriesOptions<string>): Fated[] {
  const window = { deliveries: story.room };
  return fated(
    story,
    (value) => value,
    () => deliveries(diagramOf(story), undefined, { window, ...options }),
  );
}

function ofQueue(story: Story, lease: { leaseMs: number; maxLeaseMs: number }, blockMs: number): Fated[] {
  return fated(story, text, ({ flo }) => {
    const { client, enqueue } = flo({ latencyMs: 0, maxDeliveries: 99 });
    for (const { letter, atMs } of arrivals(story)) clock.after(atMs, () => enqueue('q', letter));
    const { leaseMs: visibilityTimeoutMs, maxLeaseMs } = lease;
    const window = { deliveries: story.room };
    return client.queue.messages('q', { window, blockMs, visibilityTimeoutMs, maxLeaseMs });
  });
}

describe('deliveries behave as those of the clients do: the same fates at the same time', () => {
  it('cold, as those of a log that is there', () => {
    fc.assert(
      fc.property(stories(1), ({ gapsMs, subscribers, ...rest }) => {
        const story = { ...rest, gapsMs: gapsMs.map(() => 0), subscribers: subscribers.slice(0, 1) };
        expect(inOrder(ofMarbles(story, {}))).toEqual(inOrder(ofLog(story)));
      }),
      { numRuns: 120, seed: SEED },
    );
  });

  it('cold, as those of a log whose connection breaks', () => {
    fc.assert(
      fc.property(stories(10), fc.integer({ min: 1, max: 30 }), ({ gapsMs, ...rest }, breaksAfter) => {
        const subscribers = [{ fromMs: 0, forMs: 603 }];
        // In a moment of its own: a dead letter takes a turn to be written.
        const breaksMs = breaksAfter * 10 + 2;
        const story = { ...rest, gapsMs: gapsMs.map(() => 0), subscribers, drain: undefined, breaksMs };
        expect(inOrder(ofMarbles(story, {}))).toEqual(inOrder(ofLog(story)));
      }),
      { numRuns: 120, seed: SEED },
    );
  });

  it('hot, as those of a queue', () => {
    const forEver = { leaseMs: 1_000_000, maxLeaseMs: 1_000_000 };
    fc.assert(
      fc.property(stories(1), (story) => {
        expect(inOrder(ofMarbles(story, { hot: true }))).toEqual(inOrder(ofQueue(story, forEver, 1)));
      }),
      { numRuns: 120, seed: SEED },
    );
  });

  it('hot, as those of a queue whose leases are lost', () => {
    const leases = fc.record({
      leaseMs: fc.constantFrom(40, 80, 120),
      maxLeaseMs: fc.integer({ min: 0, max: 20 }).map((count) => count * 20 + 10),
    });
    fc.assert(
      fc.property(stories(40), leases, ({ subscribers, drain, ...rest }, lease) => {
        const story = {
          ...rest,
          subscribers: subscribers.map(({ fromMs, forMs }) => ({ fromMs, forMs: forMs + 3 })),
          drain: drain && { ...drain, atMs: drain.atMs + 3 },
        };
        // Where a poll waits, its client can't know when a lease began, and ends it that millisecond earlier; what is
        // given back in the end waits for the last poll. Nothing else of a story happens in those milliseconds.
        const [marble, real] = [ofMarbles(story, { hot: true, ...lease }), ofQueue(story, lease, 1)];
        expect(inOrder(marble, 20)).toEqual(inOrder(real, 20));
      }),
      { numRuns: 30, seed: SEED },
    );
  });
});

describe('each delivery has one fate, whatever happens on the way', () => {
  const troubles = fc.record({
    latencyMs: fc.integer({ min: 0, max: 25 }),
    breaks: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 4 }),
    stopsMs: fc.option(fc.integer({ min: 100, max: 600 }), { nil: undefined }),
  });

  it('of a queue', () => {
    fc.assert(
      fc.property(stories(10), troubles, (story, { latencyMs, breaks, stopsMs }) => {
        const told = fated(
          story,
          text,
          ({ flo }) => {
            const { client, enqueue, apply, stop } = flo({ latencyMs, maxDeliveries: 99 });
            for (const { letter, atMs } of arrivals(story)) clock.after(atMs, () => enqueue('q', letter));
            for (const atMs of breaks) clock.after(atMs, () => apply(fault.ifAny(fault.drop())));
            if (stopsMs !== undefined) clock.after(stopsMs, stop);
            const window = { deliveries: story.room };
            return client.queue.messages('q', { window, blockMs: 20, visibilityTimeoutMs: 60, maxLeaseMs: 200 });
          },
          false,
        );
        const finals = told.filter(({ what }) => / (?:acked|dead) /.test(what)).map(({ what }) => what.charAt(0));
        // What was acked is acked once more only if the first ack may not have come through.
        if (breaks.length === 0 && stopsMs === undefined) expect(new Set(finals).size).toBe(finals.length);
      }),
      { numRuns: 100, seed: SEED },
    );
  });

  it('of a log', () => {
    fc.assert(
      fc.property(stories(10), troubles, (whole, { latencyMs, breaks, stopsMs }) => {
        const story = { ...whole, subscribers: whole.subscribers.slice(0, 1) };
        fated(
          story,
          (batch: RecordBatch<unknown>) => batch.record(0).text(),
          ({ lance }) => {
            const { client, append, apply, stop } = lance({ latencyMs });
            append('log', ...arrivals(story).map(({ letter }) => letter));
            for (const atMs of breaks) clock.after(atMs, () => apply(fault.ifAny(fault.drop())));
            if (stopsMs !== undefined) clock.after(stopsMs, stop);
            const deadLetters = () => timer(latencyMs);
            return client.consume('log', { window: { deliveries: story.room }, maxFetchBytes: 6, deadLetters });
          },
          false,
        );
      }),
      { numRuns: 100, seed: SEED },
    );
  });
});
