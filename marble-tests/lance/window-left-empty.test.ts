import { repeat, retry, share, switchMap, take, timer, type Observable } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import type { LanceRecord } from '../../src/codecs/lance/record.js';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { marbles, type LanceRig } from '../../src/testing.js';
import { randomFrom } from '../../tests/lance/random.js';
import { SlowStore } from './slow-store.js';

type Read = Observable<Delivery<RecordBatch>>;

/** What people do with deliveries, the wrong things too. */
const PIPELINES: ((read: Read, random: () => number) => Observable<unknown>)[] = [
  (read) => read.pipe(autoAck()),
  (read) => read.pipe(take(2)),
  (read) => read.pipe(switchMap((delivery) => timer(20, 5).pipe(take(1 + (delivery.attempt % 3))))),
  (read) => read.pipe(share(), autoAck()),
  (read, random) =>
    read.pipe(
      records(),
      work(
        () => {
          if (random() < 0.2) throw new Error('no');
          return timer(random() * 30);
        },
        {
          concurrency: 3,
          onError: { retry: { maxAttempts: 2, initialMs: 5 }, then: random() < 0.5 ? 'dead' : 'nack' },
        },
      ),
    ),
  (read, random) =>
    read.pipe(
      work(
        () => {
          if (random() < 0.3) throw new Error('no');
        },
        { onError: random() < 0.5 ? 'fail' : 'dead' },
      ),
    ),
];

function mischief(rig: LanceRig, chance: number): void {
  const { faults } = rig.server;
  if (chance < 0.2) faults.dropConnections();
  else if (chance < 0.3) faults.catchUpOnNextFetches(2);
  else if (chance < 0.4) faults.trimTopic('log', 1 + Math.floor(chance * 100));
  else if (chance < 0.45) faults.truncateTopic('log', 50);
  else if (chance < 0.55) faults.corruptNextReplies(1);
  else if (chance < 0.65) faults.delayNextReplies(1, 40);
  else if (chance < 0.7) faults.failNextCommands(1, 'Rate limit exceeded');
}

describe('a window that streams have shared', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))('is empty when they are over (seed %i)', (seed) => {
    marbles(function* ({ lance, watch }) {
      const random = randomFrom(seed);
      const rig = lance({ latencyMs: 1 });
      const { client } = rig;
      const append = (): void => {
        const sizes = Array.from({ length: 1 + Math.floor(random() * 8) }, () => Math.floor(random() ** 3 * 400));
        rig.append('log', ...sizes.map((size) => 'x'.repeat(size)));
      };
      append();
      const window = new Window({ deliveries: 1 + Math.floor(random() * 4), bytes: 50 + Math.floor(random() * 300) });
      const offsetStore = new SlowStore(Math.floor(random() * 20), Math.floor(random() * 20));
      const live = new Set<ReturnType<typeof watch>>();
      for (let step = 0; step < 80; step++) {
        const chance = random();
        if (chance < 0.25) {
          const stream = client[random() < 0.5 ? 'consume' : 'tail']('log', {
            window,
            from: 'beginning',
            ...(random() < 0.5 ? { name: `reader${seed}`, offsetStore } : {}),
            ...(random() < 0.3 ? { until: 'end' } : {}),
            commitToServer: random() < 0.3,
            onTruncated: random() < 0.3 ? 'fail' : random() < 0.5 ? 'end' : 'beginning',
            maxFetchBytes: 1 + Math.floor(random() * 120),
            prefetch: 1 + Math.floor(random() * 3),
            catchingUp: { pauseMs: 20, attempts: 2 },
            deadLetters: random() < 0.5 ? { topic: 'dead' } : () => timer(random() * 50),
          });
          const pipeline = PIPELINES[Math.floor(random() * PIPELINES.length)]!;
          live.add(watch(pipeline(stream, random)));
          if (random() < 0.3) live.add(watch(pipeline(stream, random)));
          if (random() < 0.1) watch(stream.drain({ deadlineMs: 100 }));
        } else if (chance < 0.5) append();
        else if (chance < 0.7) mischief(rig, random());
        else if (chance < 0.8) {
          const [one] = live;
          if (one !== undefined) {
            one.unsubscribe();
            live.delete(one);
          }
        }
        yield Math.floor(random() ** 2 * 60);
        expect(window.deliveries).toBeGreaterThanOrEqual(0);
        expect(window.bytes).toBeGreaterThanOrEqual(0);
      }
      for (const each of live) each.unsubscribe();
      yield 500;
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
      rig.server.faults.clear();
      rig.append('other', 'a', 'b');
      const next = watch(client.consume('other', { window, until: 'end' }).pipe(autoAck(), records()));
      yield 1_000;
      expect([next.values.length, next.ended]).toEqual([2, 'complete']);
      watch(client.close());
    });
  });
});

describe('the window of a stream that goes on and settles all', () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed + 1))('is empty between two polls (seed %i)', (seed) => {
    marbles(function* ({ lance, watch }) {
      const random = randomFrom(seed);
      const rig = lance({ latencyMs: 1 });
      const window = new Window({ deliveries: 1 + Math.floor(random() * 4), bytes: 50 + Math.floor(random() * 300) });
      const stream = rig.client.consume('log', {
        window,
        onTruncated: random() < 0.5 ? 'end' : 'beginning',
        maxFetchBytes: 1 + Math.floor(random() * 120),
        prefetch: 1 + Math.floor(random() * 3),
        catchingUp: { pauseMs: 20, attempts: 2 },
        deadLetters: () => timer(random() * 50),
      });
      const handler = work<Delivery<LanceRecord>, unknown>(
        () => {
          if (random() < 0.1) throw new Error('no');
          return random() < 0.5 ? timer(random() * 30) : undefined;
        },
        { concurrency: 3, onError: () => (random() < 0.5 ? 'dead' : 'nack') },
      );
      rig.append('log', 'first');
      const seen = watch(stream.pipe(records(), handler, retry({ delay: 20 }), repeat({ delay: 20 })));
      for (let step = 0; step < 60; step++) {
        if (random() < 0.6) rig.append('log', 'x'.repeat(random() ** 3 * 400), 'y');
        else mischief(rig, random());
        yield Math.floor(random() ** 2 * 60);
      }
      rig.server.faults.clear();
      yield 4_000;
      let least = Number.POSITIVE_INFINITY;
      for (let ms = 0; ms < 200; ms++) {
        least = Math.min(least, window.deliveries + window.bytes);
        yield 1;
      }
      expect([seen.ended, least]).toEqual([undefined, 0]);
      seen.unsubscribe();
    });
  });
});
