import { faultsOf } from '../../examples/flights/report.js';
import { job, withServers } from './servers.js';

const LIMIT_MS = 90_000;

describe('answers that are lost after the server has done what was asked: exact sums in the end', () => {
  it(
    'of Flo',
    async () => {
      await withServers(async (servers) => {
        const { faults } = servers.flo;
        faults.dropBeforeNextAnswers(3, 'queue.enqueue');
        faults.dropBeforeNextAnswers(3, 'queue.dequeue');
        faults.dropBeforeNextAnswers(3, 'queue.ack');
        faults.dropBeforeNextAnswers(3, 'queue.nack');
        faults.dropBeforeNextAnswers(2, 'kv.put');
        const run = await job(servers);
        expect(faultsOf(run)).toEqual([]);
        const { 'flo:mini-batches': messages, 'lightning:rollouts': attempts } = run.summary.streams;
        const tried = attempts!.acked + attempts!.dead;
        const settled = messages!.acked + messages!.dead;
        // What was enqueued twice was put on the queue once.
        expect(settled).toBeLessThanOrEqual(tried);
        // On a slow machine the pauses between so many connections are longer than a lease: then nobody knows of its end.
        expect(settled + messages!.abandoned).toBeGreaterThanOrEqual(tried);
      });
    },
    LIMIT_MS,
  );

  it(
    'of Lightning',
    async () => {
      await withServers(async (servers) => {
        const { faults } = servers.lightning;
        for (const route of ['enqueue', 'dequeue', 'startAttempt', 'nextSpanSequenceId', 'addSpan'] as const) {
          faults.dropBeforeNextAnswers(2, route);
        }
        faults.dropBeforeNextAnswers(2, 'updateAttempt');
        faults.dropBeforeNextAnswers(1, 'addResources');
        faults.dropBeforeNextAnswers(1, 'waitForRollouts');
        const run = await job(servers);
        expect(faultsOf(run)).toEqual([]);
        expect(run.summary.flights.dead).toBeGreaterThan(300);
      });
    },
    LIMIT_MS,
  );
});
