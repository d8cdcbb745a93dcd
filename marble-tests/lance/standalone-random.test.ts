import { LanceTimeoutError } from '../../src/codecs/lance/errors.js';
import type { StandaloneConsumer } from '../../src/observables/lance/standalone/standalone-consumer.js';
import { marbles, type Watch } from '../../src/testing.js';
import { randomFrom } from '../../tests/lance/random.js';
import { SlowStore } from './slow-store.js';
import { consumerOf, textsOf } from './standalone.js';

describe('whatever happens, a StandaloneConsumer returns every record, in order, and skips none when it is made anew', () => {
  it.each([1, 2, 3, 4, 5, 6])('by chance %i', (seed) => {
    marbles(function* ({ lance, watch }) {
      const random = randomFrom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const rig = lance({ latencyMs: below(40) });
      const options = {
        offsetStore: new SlowStore(below(3) * 40),
        maxFetchBytes: 1 + below(60),
        autoCommitIntervalMs: below(2) * (50 + below(300)),
        requestTimeoutMs: 300,
        pollTimeoutMs: 20 + below(150),
        reconnect: { initialMs: 10, maxMs: 50 },
      };
      function* begin(): Generator<number, StandaloneConsumer> {
        let seen: Watch<StandaloneConsumer>;
        do {
          seen = watch(consumerOf(rig, options));
          yield 2_500;
        } while (seen.error !== undefined);
        return seen.at(0);
      }
      let written = 0;
      const write = (): number => rig.append('log', `${written++}:${'.'.repeat(below(80))}`);
      const ends = [0, write()];
      let consumer = yield* begin();
      let next = 0;
      function* poll(timeoutMs: number | undefined, forMs: number): Generator<number, void> {
        const seen = watch(consumer.poll(timeoutMs === undefined ? {} : { timeoutMs }));
        yield forMs;
        if (seen.ended === undefined) return seen.unsubscribe();
        if (seen.error !== undefined) expect(seen.error).toMatchObject({ retryable: true });
        const result = seen.error === undefined ? seen.at(0) : undefined;
        if (result === undefined) return;
        expect(result.startOffset).toBe(BigInt(ends[next]!));
        for (const text of textsOf(result)!) expect(Number(text.split(':')[0])).toBe(next++);
        expect([result.endOffset, consumer.position]).toEqual([BigInt(ends[next]!), BigInt(ends[next]!)]);
      }
      const { faults } = rig.server;
      let late = 0;
      for (let step = 0; step < 250; step++) {
        for (let more = below(2) * below(4); more > 0; more--) ends.push(write());
        const trouble = below(14);
        if (trouble === 0) faults.dropConnections();
        else if (trouble === 1) faults.delayNextReplies(1, 50 + below(500));
        else if (trouble === 2) faults.refuseNextConnections(1);
        else if (trouble === 3) late += watch(consumer.commit()).error instanceof LanceTimeoutError ? 1 : 0;
        else if (trouble === 4) {
          const reached = consumer.position;
          watch(consumer.close());
          yield 600;
          consumer = yield* begin();
          // What was not stored comes again; nothing that was not returned is skipped.
          expect(consumer.position).toBeLessThanOrEqual(reached);
          next = ends.indexOf(Number(consumer.position));
        }
        yield* poll(undefined, below(250));
      }
      expect(late).toBe(0);
      for (let turn = 0; turn < 400 && next < written; turn++) yield* poll(3_000, 3_100);
      expect(next).toBe(written);
      watch(consumer.close());
      yield 1_000;
      expect(rig.wire.open).toBe(0);
    });
  });
});
