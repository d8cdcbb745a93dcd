import fc from 'fast-check';
import { retry } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import type { Delivery, FateReport } from '../../../src/observables/delivery/types.js';
import { creditRecording } from '../../../src/testing/deliveries/credit-recording.js';
import { deliveries } from '../../../src/testing/deliveries/deliveries.js';
import type { FateEvent } from '../../../src/testing/deliveries/fate-event.js';
import { fateRecording } from '../../../src/testing/deliveries/fate-recording.js';
import { marbles } from '../../../src/testing/kit/marbles.js';
import type { Recording } from '../../../src/testing/marbles/recording.js';

const SEED = Number(process.env['SEED'] ?? 20261010);

/** What a subscriber does with a delivery, and how much later. */
const deed = fc.record({
  afterMs: fc.integer({ min: 0, max: 6 }),
  fate: fc.constantFrom('acked', 'nacked', 'dead', 'left'),
});
const story = fc.record({
  diagram: fc
    .array(fc.constantFrom('-', 'a', 'b', '5ms', '(cd)', '#'), { minLength: 1, maxLength: 12 })
    .map((parts) => `${parts.map((part) => (part === '5ms' ? ' 5ms ' : part)).join('')}-|`),
  hot: fc.boolean(),
  room: fc.integer({ min: 1, max: 4 }),
  lease: fc.constantFrom(undefined, 4),
  deeds: fc.array(deed, { minLength: 1, maxLength: 20 }),
  endsMs: fc.integer({ min: 1, max: 60 }),
});
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

interface Told {
  readonly fates: Recording;
  readonly credit: Recording;
  readonly report: FateReport;
  readonly most: number;
}

function tell({ diagram, hot, room, lease, deeds, endsMs }: Story): Told {
  let told: Told | undefined;
  marbles(({ at }) => {
    const leases = hot && lease !== undefined ? { leaseMs: lease, maxLeaseMs: lease * 2 } : {};
    // Else what a full queue gives again at once would be nacked for ever.
    const limits = hot ? { maxAttempts: 4 } : {};
    const source = deliveries(diagram, undefined, { hot, window: { deliveries: room }, ...limits, ...leases });
    let next = 0;
    let unsettled = 0;
    let most = 0;
    const act = (delivery: Delivery<string>): void => {
      const { afterMs, fate } = deeds[next++ % deeds.length]!;
      most = Math.max(most, ++unsettled);
      delivery.outcome$.subscribe(() => unsettled--);
      if (fate === 'left') return;
      const settle = (): unknown => {
        if (fate === 'acked') return delivery.ack();
        return fate === 'dead' ? delivery.dead() : delivery.nack({ delayMs: afterMs + 1 });
      };
      if (afterMs === 0) settle();
      else clock.after(afterMs, settle);
    };
    const subscription = source.pipe(retry()).subscribe(act);
    at(`${endsMs}ms e`, { e: () => subscription.unsubscribe() });
    at(`${endsMs + 20}ms e`, {
      e: () => (told = { fates: fateRecording(source), credit: creditRecording(source), report: source.fate(), most }),
    });
  });
  if (told === undefined) throw new Error('it was never told');
  return told;
}

describe('what is recorded', () => {
  it('is what the stream reports: each fate once, at its time; and the window holds', () => {
    fc.assert(
      fc.property(story, (given) => {
        const { fates, credit, report, most } = tell(given);
        const events = fates.events.filter(({ kind }) => kind === 'next').map(({ value }) => value as FateEvent);
        const count = (fate: string): number => events.filter((event) => event.fate === fate).length;
        const counted = {
          acked: count('acked'),
          nacked: count('nacked'),
          dead: count('dead'),
          abandoned: count('abandoned'),
        };
        expect(report).toMatchObject({ ...counted, delivered: events.length });
        expect(fates.events.map(({ atMs }) => atMs)).toEqual(
          fates.events.map(({ atMs }) => atMs).sort((a, b) => a - b),
        );
        expect(most).toBeLessThanOrEqual(given.room);
        const rooms = credit.events.map(({ value }) => value as number);
        expect(Math.min(...rooms)).toBeGreaterThanOrEqual(0);
        expect([rooms.at(-1), Math.max(...rooms)]).toEqual([given.room, given.room]);
        expect(rooms.every((room, at) => room !== rooms[at - 1])).toBe(true);
      }),
      { numRuns: 400, seed: SEED },
    );
  });

  it('of a queue: a message is acked or dead at most once', () => {
    fc.assert(
      fc.property(story, (given) => {
        const { fates } = tell({ ...given, hot: true, diagram: '(abcd)-e|' });
        const final = fates.events
          .map(({ value }) => value as FateEvent | undefined)
          .filter((event) => event?.fate === 'acked' || event?.fate === 'dead');
        const values = final.map((event) => event?.value);
        expect(new Set(values).size).toBe(values.length);
      }),
      { numRuns: 200, seed: SEED },
    );
  });
});
