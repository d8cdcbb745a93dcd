import { claim, isAttempted } from '../../examples/flights/claim.js';
import { findInStore } from '../../examples/flights/found-in-store.js';
import type { QueuedBatch } from '../../examples/flights/mini-batches.js';
import { noProgress } from '../../examples/flights/progress.js';
import { spanOf } from '../../examples/flights/spans.js';
import { only, storeInMemory } from './store-in-memory.js';

describe('what is found in the store after a run', () => {
  it('is every flight that a span names, once, and the fate of every attempt that was handed out', async () => {
    const scene = storeInMemory();
    const [learned, learnedLate, failed, begun, untouched] = await scene.enqueued(1, 2, 3, 4, 5);
    await attempt(learned!, 'succeeded');
    await attempt(learnedLate!, 'failed');
    await attempt(learnedLate!, 'succeeded');
    for (let times = 0; times < 4; times++) await attempt(failed!, 'failed');
    await only(claim(scene.rollouts, begun!.rolloutId, 'worker-1'));

    const found = await only(findInStore(scene.rollouts, noProgress.stage('', 0)));
    expect(found.trained).toEqual(new Set([10, 11, 20, 21]));
    expect(found.fate).toEqual({ delivered: 8, acked: 2, nacked: 4, dead: 1, abandoned: 1 });
    expect(found.failed).toBe(2);
    expect(found.open).toEqual([begun!.rolloutId, untouched!.rolloutId]);

    async function attempt(batch: QueuedBatch, status: 'failed' | 'succeeded'): Promise<void> {
      const rollout = await only(claim(scene.rollouts, batch.rolloutId, 'worker-1'));
      if (!isAttempted(rollout)) throw new Error('nothing was handed out');
      if (status === 'succeeded') {
        const span = spanOf(rollout, 1, { flights: batch.flights.map(({ id }) => id), error: 1 });
        await only(scene.store.addSpan(span));
        // Its answer was lost, for example.
        await only(scene.store.addSpan(span));
      }
      await only(scene.store.updateAttempt(batch.rolloutId, rollout.attempt.attemptId, { status }));
    }
  });

  it('shows that the store has lost an attempt', async () => {
    const scene = storeInMemory();
    const [batch] = await scene.enqueued(1);
    const rollout = await only(claim(scene.rollouts, batch!.rolloutId, 'worker-1'));
    if (!isAttempted(rollout)) throw new Error('nothing was handed out');
    scene.rollouts.handedOut({ ...rollout, attempt: { ...rollout.attempt, attemptId: 'at-lost' } });
    const { fate } = await only(findInStore(scene.rollouts, noProgress.stage('', 0)));
    expect(fate).toEqual({ delivered: 2, acked: 0, nacked: 0, dead: 0, abandoned: 1 });
  });
});
