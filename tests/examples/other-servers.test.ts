import { LightningStoreClient } from 'sluice/lightning';
import { faultsOf } from '../../examples/flights/report.js';
import { finished, job, withServers } from './servers.js';

const LIMIT_MS = 60_000;

describe('the job with servers of somebody else', () => {
  it(
    'relabels the sum where the Flo server forgets what it hands out',
    async () => {
      await withServers(
        async (servers) => {
          const { summary, ...run } = await job(servers);
          expect(summary.guarantee).toBe('at-most-once');
          const { in: sent, trained, dead: failed } = summary.flights;
          expect(trained + failed).toBe(sent);
          expect(failed).toBeGreaterThan(300);
          expect(faultsOf({ summary, ...run })).toEqual([]);
          // No dead letter was ever written: what has failed is known by the store alone.
          expect(summary.streams['flo:mini-batches']?.dead).toBe(0);
          expect(summary.streams['lightning:rollouts']?.dead).toBeGreaterThanOrEqual(5);
        },
        { flo: { semantics: 'server', bodies: 'server' } },
      );
    },
    LIMIT_MS,
  );

  it('does not take the rollouts of others', async () => {
    await withServers(async (servers) => {
      const store = new LightningStoreClient(servers.lightning.origin);
      await finished(store.enqueueRollout({ input: 'not ours' }));
      await expect(job(servers)).rejects.toThrow('The Lightning store is in use (rollouts that wait: 1)');
      expect(servers.lightning.queueLength).toBe(1);
      expect(servers.lance.topics).toEqual([]);
      await finished(store.close());
    });
  });

  it(
    'stopped in the middle: what has begun is finished, the rest is left, and no rollout waits for a worker',
    async () => {
      await withServers(async (servers) => {
        const stop = new AbortController();
        let flights = 0;
        const add = (count: number): void => {
          flights += count;
          if (flights > 3_000) stop.abort();
        };
        const stage = (name: string) => ({ add: name === 'train' ? add : () => {}, end: () => {} });
        const run = await job(servers, { stop: stop.signal, progress: { stage, close: () => {} } });
        expect(run.interrupted).toBe(true);
        expect(faultsOf(run)).toEqual([]);
        const { in: sent, trained, dead } = run.summary.flights;
        expect(trained).toBeGreaterThan(3_000);
        expect(trained + dead).toBeLessThan(sent);
        const statuses = new Set(servers.lightning.rollouts.map(({ status }) => status));
        expect(['succeeded', 'failed', 'cancelled']).toEqual(expect.arrayContaining([...statuses]));
      });
    },
    LIMIT_MS,
  );
});
