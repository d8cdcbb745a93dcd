import { BackpressureError } from '../../src/codecs/lance/errors.js';
import { clientPlan } from '../../src/observables/lance/connection/client-options.js';
import { Control } from '../../src/observables/lance/connection/control.js';
import { outboxPlan } from '../../src/observables/lance/producing/outbox-plan.js';
import { closedError, Outbox } from '../../src/observables/lance/producing/outbox.js';
import type { Parcel, Waiter } from '../../src/observables/lance/producing/parcel.js';
import { marbles } from '../../src/testing.js';
import { lanceRig } from '../../src/testing/lance/lance-rig.js';
import { randomFrom } from '../../tests/lance/random.js';

const nobody: Waiter = { next: () => {}, error: () => {}, complete: () => {} };

describe('an outbox counts the bytes that it holds, whatever happens to them', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('by chance %i', (seed) => {
    marbles(function* () {
      const random = randomFrom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const oneOf = <A>(choices: readonly A[]): A => choices[below(choices.length)]!;
      const rig = lanceRig({ ackDelayMs: 5 });
      rig.server.createTopic('log');
      rig.server.createTopic('other');
      const client = clientPlan({
        connector: rig.connector(),
        requestTimeoutMs: 150,
        reconnect: { initialMs: 5, maxMs: 50 },
      });
      const control = new Control(client);
      const options = {
        ...{ batchSize: 200, bufferBytes: 2_000, deliveryTimeoutMs: oneOf([15, 100, 10_000]) },
        ...(below(2) === 0 ? { batching: 'linger' as const } : {}),
        ...(below(2) === 0 ? { maxPendingAcks: 1 + below(4) } : {}),
        ...(below(3) === 0 ? { lingerMs: below(3) * 4 } : {}),
        compression: below(3) === 0,
      };
      const waiting = new Set<Parcel>();
      /** Their time was over while they were in flight: they count until they are answered, or the connection breaks. */
      let givenUp = new Set<Parcel>();
      const outbox = new Outbox(outboxPlan(client, control, options), {
        acked: (parcel) => waiting.delete(parcel),
        rejected: (parcel, error) => {
          waiting.delete(parcel);
          if (parcel.sent > 0 && error.code === 'LANCE_TIMEOUT') givenUp.add(parcel);
        },
      });
      const sum = (parcels: Iterable<Parcel>): number => [...parcels].reduce((bytes, each) => bytes + each.bytes, 0);
      // One that fills a batch, or the buffer, to the last byte; one that is larger than either.
      const sizes = [0, 1, 37, 90, 194, 195, 196, 700, 1_994, 1_995, 1_996, 3_000];
      const value = (): Uint8Array | string => {
        const size = oneOf(sizes);
        return below(2) === 0 ? new Uint8Array(size) : 'é'.repeat(size >> 1) + 'x'.repeat(size % 2);
      };
      const taken = (give: () => Parcel): void => {
        try {
          waiting.add(give());
        } catch (error) {
          if (!(error instanceof BackpressureError)) throw error;
        }
      };
      const { faults } = rig.server;
      const steps = [
        () => taken(() => outbox.append(oneOf(['log', 'other', 1]), 1, value())),
        () =>
          taken(() =>
            outbox.appendBatch(
              'log',
              [
                { type: 1, value: value() },
                { type: 1, value: 'äöü' },
              ],
              nobody,
            ),
          ),
        () => {
          const room = outbox.room('log');
          for (let left = below(20); left > 0 && room.add(1, oneOf(['', 'x'.repeat(9), new Uint8Array(20)])); left--);
        },
        () => void outbox.flush(() => {}),
        () => faults.swallowNextAcks(1 + below(2)),
        () => oneOf([() => faults.dropConnections(), () => faults.dropAfterNextAcks(1), () => {}])(),
        () => oneOf([() => faults.failNextIngests(1, 'Unknown topic'), () => faults.sendBackpressure(), () => {}])(),
      ];
      for (let step = 0; step < 500; step++) {
        steps[below(4) > 0 ? below(3) : below(steps.length)]!();
        const { buffered } = outbox;
        expect(buffered).toBeGreaterThanOrEqual(sum(waiting));
        expect(buffered).toBeLessThanOrEqual(sum(waiting) + sum(givenUp));
        expect(outbox.isEmpty || buffered > 0).toBe(true);
        if (buffered === sum(waiting)) givenUp = new Set();
        yield below(4);
      }
      yield 12_000;
      expect([outbox.buffered, outbox.isEmpty, waiting.size]).toEqual([0, true, 0]);
      taken(() => outbox.append('log', 1, 'x'));
      outbox.close(closedError());
      expect([outbox.buffered, outbox.isEmpty, waiting.size]).toEqual([0, true, 0]);
      control.close();
    });
  });
});
