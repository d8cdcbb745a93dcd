import { MemoryListener } from '../../src/transports/memory.js';
import { marbles } from '../../src/testing.js';
import { Bully } from '../../tests/lance/hostile/bully.js';
import { MISBEHAVIOURS } from '../../tests/lance/hostile/misbehaviours.js';
import { expectRightEnd } from '../../tests/lance/hostile/ordeal.js';
import { ATTEMPTS, VICTIMS } from '../../tests/lance/hostile/victims.js';

const EVER = 1_000;

describe.each(Object.entries(VICTIMS))('%s gets', (_, kind) => {
  const deeds = Object.entries(MISBEHAVIOURS).filter(([, { only = kind.waits }]) => only === kind.waits);
  describe.each(deeds)('%s for an answer', (__, deed) => {
    it.each([
      ['once', 1],
      ['again and again', EVER],
    ])('%s', (___, times) => {
      const bully = new Bully(deed, kind.target, times);
      marbles(function* () {
        const listener = new MemoryListener((end) => {
          const received = bully.meets(end);
          return { received, drained: () => {}, ended: () => end.end(), closed: () => {} };
        });
        listener.open();
        const way = { connector: listener.connector() };
        yield* expectRightEnd({
          kind,
          deed,
          bully,
          way,
          connections: () => listener.connections,
          always: times === EVER,
        });
      });
      // A policy is followed: nobody asks more often than he was told to.
      expect(bully.misdeeds).toBeLessThanOrEqual(ATTEMPTS + 1);
    });
  });
});
