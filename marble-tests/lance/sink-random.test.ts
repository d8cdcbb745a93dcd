import type { SinkOptions } from '../../src/observables/lance/producing/sink.js';
import { marbles } from '../../src/testing.js';
import { lanceRig } from '../../src/testing/lance/lance-rig.js';
import { randomFrom } from '../../tests/lance/random.js';
import { storedIn } from './producing.js';

const RECORDS = 300;
const HEADER = 5;

/** A text that no other is like, of about so many bytes. */
const textOf = (i: number, size: number): string => String(i).padEnd(size, '.');

describe('whatever happens to the connection, a sink ends, and all that it was given is stored, in order', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('by chance %i', (seed) => {
    marbles(function* ({ watch }) {
      const random = randomFrom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const oneOf = <A>(choices: readonly A[]): A => choices[below(choices.length)]!;
      const rig = lanceRig({ ackDelayMs: 5, client: { reconnect: { initialMs: 5, maxMs: 50 } } });
      rig.server.createTopic('log');
      const batchSize = 200;
      const bufferBytes = oneOf([50, 150, 1_000, 4_000]);
      const options: SinkOptions<string> = {
        ...{ batchSize, bufferBytes, compression: below(3) === 0 },
        ...(below(2) === 0 ? { batching: 'linger' } : {}),
        ...(below(2) === 0 ? { maxPendingAcks: 1 + below(4) } : {}),
        ...(below(3) === 0 ? { lingerMs: oneOf([0, 3, 30]) } : {}),
      };
      // Some fill a batch, or the buffer, to the last byte; some are larger than either.
      const sizes = [3, 10, 30, 45, 46, 145, 194, 195, 196, 995, 996, 5_000];
      const texts = Array.from({ length: RECORDS }, (_, i) =>
        textOf(i, oneOf(i % 5 === 0 ? sizes : sizes.slice(0, 4))),
      );
      let taken = 0;
      let takenBytes = 0;
      const next = (): IteratorResult<string> => {
        const value = texts[taken];
        if (value === undefined) return { done: true, value };
        taken++;
        takenBytes += HEADER + value.length;
        return { done: false, value };
      };
      const answered = (): never => ({ then: (tell: (step: unknown) => void) => tell(next()) }) as never;
      const source = oneOf<Iterable<string> | AsyncIterable<string>>([
        { [Symbol.iterator]: () => ({ next }) },
        { [Symbol.asyncIterator]: () => ({ next: answered }) },
      ]);
      const seen = watch(rig.client.sink<string>('log', options)(source));
      const { faults } = rig.server;
      const trouble = [
        () => faults.dropConnections(),
        () => faults.dropBeforeNextAcks(1),
        () => faults.dropAfterNextAcks(1),
        () => faults.sendBackpressure(),
        () => faults.refuseNextConnections(1 + below(3)),
      ];
      for (let step = 0; step < 20_000 && seen.ended === undefined; step++) {
        const ackedBytes = seen.values.reduce((sum, { bytes }) => sum + bytes, 0);
        // Beside the buffer one that is larger goes alone, and one is held that does not fit.
        const largest = HEADER + 5_000;
        expect(takenBytes - ackedBytes).toBeLessThanOrEqual(Math.max(bufferBytes, largest) + largest);
        if (step < 1_500 && below(40) === 0) oneOf(trouble)();
        yield 1 + below(9);
      }
      expect([seen.ended, taken]).toEqual(['complete', RECORDS]);
      expect(seen.values.reduce((sum, { records }) => sum + records, 0)).toBe(RECORDS);
      // No reader can decompress a whole batch.
      if (!options.compression) expect([...new Set(storedIn(rig))]).toEqual(texts);
    });
  });
});
