import { Window } from '../../src/observables/delivery/core/window.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { marbles, type Watch } from '../../src/testing.js';
import { randomFrom } from '../../tests/lance/random.js';
import { textsIn } from './records.js';

/** Records of 20 bytes each, headers included. */
const twenties = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(15, '0'));

describe('a tail whose subscribers come, go, and decide as they like', () => {
  it.each([1, 2, 3, 4])('whoever stays sees every record, and no place in the window is lost (seed %i)', (seed) => {
    marbles(function* ({ lance, watch }) {
      const random = randomFrom(seed);
      const rig = lance({ latencyMs: 1 });
      const texts = twenties(300);
      rig.server.createTopic('log');
      const window = new Window({ deliveries: 4, bytes: 1000 });
      const stream = rig.client.tail('log', { window, maxFetchBytes: 100 + Math.floor(random() * 200) });
      const acked = new Set<string>();
      const stays = watch(stream);
      const guests: Watch<Delivery<RecordBatch>>[] = [];
      const decided = new Set<Delivery<RecordBatch>>();
      const decide = (delivery: Delivery<RecordBatch>, isGuest: boolean): void => {
        if (decided.has(delivery)) return;
        decided.add(delivery);
        if (random() < 0.15) delivery.nack({ delayMs: random() * 20 });
        else if (delivery.ack() === 'settled' && !isGuest) for (const text of textsIn(delivery.value)) acked.add(text);
      };
      yield 50;
      let appended = 0;
      for (let step = 0; step < 400; step++) {
        if (appended < texts.length)
          rig.append('log', ...texts.slice(appended, (appended += 1 + Math.floor(random() * 3))));
        if (guests.length < 3 && random() < 0.2) guests.push(watch(stream));
        if (guests.length > 0 && random() < 0.1)
          guests.splice(Math.floor(random() * guests.length), 1)[0]?.unsubscribe();
        for (const guest of guests) for (const delivery of guest.values) if (random() < 0.5) decide(delivery, true);
        for (const delivery of stays.values) if (random() < 0.7) decide(delivery, false);
        yield 1 + Math.floor(random() * 4);
      }
      for (const guest of guests) guest.unsubscribe();
      for (let rest = 0; rest < 100; rest++) {
        for (const delivery of stays.values) {
          if (decided.has(delivery)) continue;
          decided.add(delivery);
          delivery.ack();
          for (const text of textsIn(delivery.value)) acked.add(text);
        }
        yield 400;
      }
      expect([...acked].toSorted()).toEqual(texts);
      expect(stream.metrics().position).toBe(6000n);
      const { delivered, acked: all, nacked, dead, abandoned } = stream.fate();
      expect(delivered).toBe(all + nacked + dead + abandoned);
      expect(abandoned).toBeGreaterThan(0);
      stays.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('what was left is waited for by a drain no longer, and its position is not passed', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...twenties(2));
      const stream = rig.client.tail('log', { from: 'beginning', maxFetchBytes: 20 });
      const stays = watch(stream);
      const leaves = watch(stream);
      yield 200;
      for (const delivery of stays.values) delivery.ack();
      leaves.at(1).ack();
      leaves.unsubscribe();
      const report = watch(stream.drain());
      yield 5;
      expect(report.values).toMatchObject([{ delivered: 2, acked: 1, abandoned: 1 }]);
      expect(stays.ended).toBe('complete');
      expect(stream.metrics().position).toBe(0n);
    });
  });
});
