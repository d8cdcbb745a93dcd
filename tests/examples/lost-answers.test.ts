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
        // What was enqueued twice was put on the queue once.
        expect(messages!.acked + messages!.dead).toBe(attempts!.acked + attempts!.dead);
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
