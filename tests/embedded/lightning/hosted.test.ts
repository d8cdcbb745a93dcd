import { RolloutNotFoundError } from '../../../src/codecs/lightning/errors.js';
import { LightningServer } from '../../../src/embedded/lightning/lightning-server.js';
import { LightningStoreClient } from '../../../src/observables/lightning/lightning-store-client.js';
import { marbles } from '../../../src/testing.js';

describe('rollouts past the wire', () => {
  it('are enqueued as a client would: copies, defaults and all', () => {
    marbles(function* ({ lightning, watch }) {
      const { client, server } = lightning();
      const input = { n: 1 };
      const config = { maxAttempts: 3, retryCondition: ['failed'] as const };
      const [first, second] = server.enqueue({ input, mode: 'train', config }, { input: 'two' });
      input.n = 2;
      const sent = watch(client.enqueueRollout({ input: { n: 1 }, mode: 'train', config }));
      yield 100;
      const { rolloutId: _, startTimeMs, ...rest } = sent.values[0]!;
      expect(first).toMatchObject(rest);
      expect([first?.startTimeMs, startTimeMs]).toEqual([0, 10]);
      const got = watch(client.dequeueManyRollouts(2));
      yield 100;
      expect(got.values[0]?.map(({ rolloutId }) => rolloutId)).toEqual([first?.rolloutId, second?.rolloutId]);
      expect(got.values[0]?.[0]?.input).toEqual({ n: 1 });
    });
  });

  it('are refused where a client or the store would', () => {
    const server = LightningServer.inMemory();
    expect(() => server.enqueue({ input: undefined })).toThrow('input: ');
    expect(() => server.enqueue({ input: 1, mod: 'train' } as never)).toThrow('enqueue.mod: is not an option');
    expect(() => server.enqueue({ input: 1 }, { input: 1, mode: 'play' as never })).toThrow(/^rollouts\.1\.mode/);
    expect(server.rollouts).toEqual([]);
  });

  it('end, and those who wait hear of it', () => {
    marbles(function* ({ lightning, watch }) {
      const { server } = lightning();
      const client = new LightningStoreClient('http://memory', { requester: server.requester() });
      const [rollout] = server.enqueue({ input: 1 });
      const seen = watch(client.waitForRollouts([rollout!.rolloutId], { intervalMs: 100 }));
      yield 500;
      expect(seen.values).toEqual([]);
      server.setStatus(rollout!.rolloutId, 'cancelled');
      yield 500;
      expect(seen.values).toMatchObject([{ status: 'cancelled', endTimeMs: 500 }]);
      expect(() => server.setStatus('ro-x', 'failed')).toThrow(RolloutNotFoundError);
    });
  });
});
