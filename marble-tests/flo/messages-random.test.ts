import { mergeMap, of, throwError, timer } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing.js';
import { type FloRig } from '../../src/testing/flo/flo-rig.js';
import { randomFrom } from '../../tests/lance/random.js';
import { messages, queueOf } from './queue-q.js';

const MESSAGES = 60;

/** Misfortune, at random moments. */
function trouble(rig: FloRig, random: () => number): void {
  const { faults } = rig.server;
  const operations = ['queue.dequeue', 'queue.ack', 'queue.nack', 'queue.touch'] as const;
  const operation = operations[Math.floor(random() * operations.length)];
  const all: (() => void)[] = [
    () => faults.dropConnections(),
    () => faults.dropBeforeNextAnswers(1, operation),
    () => faults.dropAfterNextAnswers(1, operation),
    () => faults.swallowNextAnswers(1, operation),
    () => faults.corruptNextAnswers(1, operation),
    () => faults.delayNextAnswers(2, Math.floor(random() * 900), operation),
    () => faults.reverseNextAnswers(2),
    () => faults.failNext(1, { status: 10 }, operation),
    () => faults.failNext(1, { status: 12 }, operation),
    () => faults.emptyNextPolls(2, 'queue.dequeue'),
    () => {
      rig.stop();
      clock.after(Math.floor(random() * 500), () => rig.start());
    },
  ];
  all[Math.floor(random() * all.length)]?.();
}

describe('whatever goes wrong, every message is worked on, and every delivery has one fate', () => {
  it.each(Array.from({ length: 40 }, (_, i) => i + 1))('seed %i', (seed) => {
    marbles(function* ({ flo, watch }) {
      const random = randomFrom(seed);
      const rig = flo({
        bodies: seed % 2 === 0 ? 'sdk' : 'server',
        maxDeliveries: 255,
        client: { timeoutMs: 400, reconnect: { initialMs: 10, maxMs: 200, jitter: 'none' } },
      });
      rig.enqueue('q', ...Array.from({ length: MESSAGES }, (_, i) => String(i)));
      const done = new Set<string>();
      const stream: DeliveryStream<string> = messages(rig, {
        visibilityTimeoutMs: 2_000,
        blockMs: 200,
        window: { deliveries: 1 + Math.floor(random() * 12) },
      });
      const crew = stream.pipe(
        work(
          (value) =>
            timer(random() * 300).pipe(
              mergeMap(() => {
                if (random() < 0.2) return throwError(() => new Error('no luck'));
                done.add(value);
                return of(value);
              }),
            ),
          { concurrency: 4, onError: { retry: { maxAttempts: 2, initialMs: 10, maxMs: 20 }, then: 'nack' } },
        ),
      );
      let seen = watch(crew);
      for (let i = 0; i < 60; i++) {
        yield Math.floor(random() * 200);
        if (random() < 0.6) trouble(rig, random);
        // Leaving and coming back.
        if (random() < 0.05) {
          seen.unsubscribe();
          seen = watch(crew);
        }
        expect(seen.error).toBeUndefined();
        const fate = stream.fate();
        expect(fate.acked + fate.nacked + fate.dead + fate.abandoned).toBeLessThanOrEqual(fate.delivered);
      }
      rig.server.faults.clear();
      rig.start();
      yield 60_000;
      expect(done.size).toBe(MESSAGES);
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 0 });
      seen.unsubscribe();
      yield 5_000;
      const { delivered, acked, nacked, dead, abandoned } = stream.fate();
      expect(acked + nacked + dead + abandoned).toBe(delivered);
      // An ack that was carried out and never confirmed in time counts as abandoned.
      expect(acked).toBeGreaterThan(0);
      expect(rig.wire.open).toBe(0);
    });
  });
});
