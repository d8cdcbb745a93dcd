import { mergeMap, retry, tap, timer } from 'rxjs';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { marbles } from '../../src/testing.js';
import { randomFrom } from '../../tests/lance/random.js';
import { textsIn } from './records.js';

/** Records of 20 bytes each, headers included. */
const twenties = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i).padStart(15, '0'));

describe('stop and start of the server in the middle of a consume', () => {
  it.each([1, 2, 3, 4, 5])('every record once while the stream lives; watermark and sums right (seed %i)', (seed) => {
    const realMs = performance.now();
    marbles(function* ({ lance, watch }) {
      const random = randomFrom(seed);
      const rig = lance({ latencyMs: 1 + Math.floor(random() * 5) });
      const store = new MemoryOffsetStore();
      const count = 400;
      const texts = twenties(0, count);
      const end = rig.append('log', ...texts.slice(0, 250));
      const seenTexts: string[] = [];
      const stream = rig.client.consume('log', {
        name: 'reader',
        until: BigInt(end + 150 * 20),
        offsetStore: store,
        maxFetchBytes: 37 + Math.floor(random() * 200),
        window: { deliveries: 1 + Math.floor(random() * 6) },
        commitCount: 7,
        commitIntervalMs: 50,
      });
      const seen = watch(
        stream.pipe(
          mergeMap((delivery) =>
            timer(Math.floor(random() * 20)).pipe(
              tap(() => {
                if (random() < 0.2) return delivery.nack({ delayMs: random() * 30 });
                seenTexts.push(...textsIn(delivery.value));
                return delivery.ack();
              }),
            ),
          ),
        ),
      );
      for (let i = 0; i < 12; i++) {
        yield Math.floor(random() * 60);
        rig.stop();
        yield Math.floor(random() * 300);
        rig.start();
        if (i === 5) rig.append('log', ...texts.slice(250));
      }
      yield 120_000;
      expect(seen.ended).toBe('complete');
      expect(seenTexts.toSorted()).toEqual(texts);
      const { delivered, acked, nacked, dead, abandoned } = stream.fate();
      expect(acked + nacked).toBe(delivered);
      expect(nacked).toBeGreaterThan(0);
      expect([dead, abandoned]).toEqual([0, 0]);
      const stored = watch(store.load({ consumer: 'reader', topicId: 1, topicName: 'log' }));
      expect(stored.values).toEqual([BigInt(count * 20)]);
      expect(rig.wire.open).toBe(0);
    });
    expect(performance.now() - realMs).toBeLessThan(2000);
  });

  it.each([1, 2, 3])('every record at least once over several sessions (seed %i)', (seed) => {
    marbles(function* ({ lance, watch }) {
      const random = randomFrom(seed);
      const rig = lance({ latencyMs: 2, client: { reconnect: { jitter: 'none', maxAttempts: 1 } } });
      const texts = twenties(0, 300);
      const end = rig.append('log', ...texts);
      const store = new MemoryOffsetStore();
      const stream = rig.client.consume('log', {
        name: 'reader',
        until: BigInt(end),
        offsetStore: store,
        maxFetchBytes: 90,
        commitCount: 3,
      });
      const times = new Map<string, number>();
      const seen = watch(
        stream.pipe(
          mergeMap((delivery) =>
            timer(Math.floor(random() * 30)).pipe(
              tap(() => {
                if (delivery.ack() !== 'settled') return;
                for (const text of textsIn(delivery.value)) times.set(text, (times.get(text) ?? 0) + 1);
              }),
            ),
          ),
          retry({ delay: 40 }),
        ),
      );
      for (let i = 0; i < 8; i++) {
        yield Math.floor(random() * 200);
        rig.stop();
        yield Math.floor(random() * 500);
        rig.start();
      }
      yield 60_000;
      expect(seen.ended).toBe('complete');
      expect([...times.keys()].toSorted()).toEqual(texts);
      const { delivered, acked, abandoned } = stream.fate();
      expect(acked + abandoned).toBe(delivered);
      expect(watch(store.load({ consumer: 'reader', topicId: 1, topicName: 'log' })).values).toEqual([BigInt(end)]);
    });
  });
});
