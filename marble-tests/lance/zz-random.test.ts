import { marbles } from '../../src/testing.js';
import { randomFrom } from '../../tests/lance/random.js';
import { consumerOf, textsOf } from './standalone.js';
import { SlowStore } from './slow-store.js';

describe('standalone chaos', () => {
  it.each(Array.from({ length: 60 }, (_, i) => i + 1))('seed %i', (seed) => {
    marbles(function* ({ watch, lance }) {
      const random = randomFrom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const rig = lance({ latencyMs: below(40) });
      rig.append('log', '0');
      const offsetStore = new SlowStore(below(3) * 40);
      const options = { offsetStore, maxFetchBytes: 1 + below(60), autoCommitIntervalMs: below(2) * (50 + below(300)), requestTimeoutMs: 300, pollTimeoutMs: 20 + below(150), reconnect: { initialMs: 10, maxMs: 50 } };
      let seen = watch(consumerOf(rig, options));
      yield 1000;
      let consumer = seen.at(0);
      let written = 1;
      const got: string[] = [];
      let next = 0;
      const check = (texts: string[]): void => {
        for (const t of texts) {
          const n = Number(t.split(':')[0]);
          if (n !== next) throw new Error(`seed ${seed}: expected ${next}, got ${n}`);
          next++;
          got.push(t);
        }
      };
      let last = 0n;
      for (let step = 0; step < 300; step++) {
        if (below(2)) for (let k = below(4); k > 0; k--) rig.append('log', `${written++}:${'.'.repeat(below(80))}`);
        switch (below(14)) {
          case 0: rig.server.faults.dropConnections(); break;
          case 1: rig.server.faults.delayNextReplies(1, 50 + below(500)); break;
          case 2: rig.server.faults.refuseNextConnections(1); break;
          case 3: watch(consumer.commit()).error; break;
          case 4: {
            const closed = watch(consumer.close());
            yield below(3) * 50;
            yield 600;
            void closed.error;
            do {
              seen = watch(consumerOf(rig, options));
              yield 2500;
            } while (seen.error !== undefined);
            consumer = seen.at(0);
            // What was not stored comes again.
            if (consumer.position > last) throw new Error(`skipped: ${consumer.position} > ${last}`);
            next = -1;
            break;
          }
        }
        const poll = watch(consumer.poll());
        const wait = below(250);
        yield wait;
        const texts = poll.values.length > 0 ? textsOf(poll.at(0)) : undefined;
        void poll.error;
        if (poll.ended === undefined) {
          poll.unsubscribe();
          continue;
        }
        if (texts !== undefined) {
          const result = poll.at(0)!;
          if (next === -1) next = Number(texts[0]!.split(':')[0]);
          check(texts);
          if (result.startOffset > last) throw new Error('gap');
          last = result.endOffset > last ? result.endOffset : last;
          if (result.endOffset !== consumer.position) throw new Error('position');
        }
      }
      for (let i = 0; i < 400 && next < written; i++) {
        const poll = watch(consumer.poll({ timeoutMs: 3000 }));
        yield 3100;
        void poll.error;
        if (poll.values.length > 0 && poll.at(0) !== undefined) { const t = textsOf(poll.at(0))!; if (next === -1) next = Number(t[0]!.split(':')[0]); check(t); }
      }
      expect(next).toBe(written);
      watch(consumer.close());
      yield 1000;
      expect(rig.wire.open).toBe(0);
    });
  });
});
