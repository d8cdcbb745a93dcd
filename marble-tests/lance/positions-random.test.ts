import type { LanceRecord } from '../../src/codecs/lance/record.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { marbles } from '../../src/testing.js';
import { lanceRig } from '../../src/testing/lance/lance-rig.js';
import { randomFrom } from '../../tests/lance/random.js';
import { SlowStore } from './slow-store.js';

const RECORDS = 120;
const RECORD_BYTES = 20;
const numberIn = ({ value }: Delivery<LanceRecord>): number => Number(value.text());

describe('records(): readers that settle as they like, and leave when they like', () => {
  it.each([1, 2, 3, 4, 5])('the next one begins with the first record that is not settled (seed %i)', (seed) => {
    marbles(function* ({ watch }) {
      const random = randomFrom(seed);
      const rig = lanceRig({ latencyMs: 1 });
      rig.append('log', ...Array.from({ length: RECORDS }, (_, i) => String(i).padStart(RECORD_BYTES - 5, '0')));
      const store = new SlowStore(3);
      const settled = new Set<number>();
      const firstUnsettled = (): number => {
        for (let at = 0; at < RECORDS; at++) if (!settled.has(at)) return at;
        return RECORDS;
      };
      let readers = 0;
      for (; firstUnsettled() < RECORDS; readers++) {
        const stream = rig.client.consume('log', {
          name: 'reader',
          offsetStore: store,
          commitIntervalMs: 1 + Math.floor(random() * 50),
          maxFetchBytes: RECORD_BYTES * (1 + Math.floor(random() * 40)),
          deadLetters: { topic: 'dead' },
        });
        const seen = watch(stream.pipe(records()));
        yield 20;
        const first = firstUnsettled();
        expect(numberIn(seen.at(0))).toBe(first);
        // What was settled out of order comes again.
        for (const number of settled) if (number > first) settled.delete(number);
        const steps = Math.floor(random() * 60);
        for (let step = 0; step < steps; step++) {
          const delivery = seen.values[Math.floor(random() * Math.min(seen.values.length, 30))];
          if (delivery === undefined) continue;
          const chance = random();
          if (chance < 0.15) delivery.nack({ delayMs: random() * 40 });
          // Until it is written a dead one is not settled: its outcome is the batch's, so it is waited for.
          else if (chance < 0.25 && delivery.dead() === 'settled') {
            yield 60;
            settled.add(numberIn(delivery));
          } else if (delivery.ack() === 'settled') settled.add(numberIn(delivery));
          if (random() < 0.3) yield 1 + Math.floor(random() * 10);
          const stored = store.saves.at(-1)?.offset ?? 0n;
          expect(Number(stored) / RECORD_BYTES).toBeLessThanOrEqual(firstUnsettled());
        }
        seen.unsubscribe();
        yield 50;
        expect(Number(store.offsets.get('reader') ?? 0n) / RECORD_BYTES).toBe(firstUnsettled());
      }
      expect(readers).toBeGreaterThan(3);
    });
  });
});
