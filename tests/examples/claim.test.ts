import { claim } from '../../examples/flights/claim.js';
import { only, storeInMemory } from './store-in-memory.js';

describe('claiming the rollout of a mini-batch', () => {
  it('gets it from the store in its turn', async () => {
    const { rollouts, enqueued } = storeInMemory();
    const [first] = await enqueued(0, 1);
    const rollout = await only(claim(rollouts, first!.rolloutId, 'worker-1'));
    expect(rollout).toMatchObject({ rolloutId: first!.rolloutId, status: 'preparing' });
    expect(rollout.attempt).toMatchObject({ sequenceId: 1, workerId: 'worker-1' });
  });

  it('finds it behind others, which are found by theirs', async () => {
    const { rollouts, enqueued } = storeInMemory();
    const batches = await enqueued(0, 1, 2);
    for (const { rolloutId } of batches.toReversed()) {
      const rollout = await only(claim(rollouts, rolloutId, 'worker-1'));
      expect(rollout.rolloutId).toBe(rolloutId);
      expect(rollout.attempt?.sequenceId).toBe(1);
    }
    const handedOut = [...rollouts.attempts.values()].map((attempts) => attempts.size);
    expect(handedOut).toEqual([1, 1, 1]);
  });

  it('works with all four workers at once, in any order', async () => {
    const { server, rollouts, enqueued } = storeInMemory();
    const batches = await enqueued(...Array.from({ length: 40 }, (_, number) => number));
    const mixed = batches.map((_, index) => batches[(index * 7) % batches.length]!);
    for (let at = 0; at < mixed.length; at += 4) {
      const four = mixed.slice(at, at + 4);
      const claimed = await Promise.all(four.map(({ rolloutId }) => only(claim(rollouts, rolloutId, 'worker-1'))));
      expect(claimed.map(({ rolloutId }) => rolloutId)).toEqual(four.map(({ rolloutId }) => rolloutId));
    }
    for (const { rolloutId } of batches) expect(server.attempts(rolloutId)).toHaveLength(1);
  });

  it('takes up an attempt whose answer was lost', async () => {
    const { store, rollouts, enqueued } = storeInMemory();
    const [batch] = await enqueued(0);
    const lost = await only(store.dequeueRollout());
    const rollout = await only(claim(rollouts, batch!.rolloutId, 'worker-1'));
    expect(rollout.attempt?.attemptId).toBe(lost?.attempt.attemptId);
    expect(rollouts.attempts.get(batch!.rolloutId)).toEqual(new Set([lost?.attempt.attemptId]));
  });

  it('begins another attempt at once where one has failed, past all that wait', async () => {
    const { server, store, rollouts, enqueued } = storeInMemory();
    const [batch, other] = await enqueued(0, 1);
    const { rolloutId } = batch!;
    const { attempt } = await only(claim(rollouts, rolloutId, 'worker-1'));
    await only(store.updateAttempt(rolloutId, attempt!.attemptId, { status: 'failed' }));
    const again = await only(claim(rollouts, rolloutId, 'worker-2'));
    expect(again.attempt).toMatchObject({ sequenceId: 2, workerId: 'worker-2', status: 'preparing' });
    expect(server.rollout(other!.rolloutId)?.status).toBe('queuing');
  });

  it('tells how it has ended, and begins nothing', async () => {
    const { server, store, rollouts, enqueued } = storeInMemory();
    const [batch] = await enqueued(0);
    const { rolloutId } = batch!;
    const { attempt } = await only(claim(rollouts, rolloutId, 'worker-1'));
    await only(store.updateAttempt(rolloutId, attempt!.attemptId, { status: 'succeeded' }));
    expect((await only(claim(rollouts, rolloutId, 'worker-1'))).status).toBe('succeeded');
    expect(server.attempts(rolloutId)).toHaveLength(1);
  });

  it('fails when the store does not know it', async () => {
    const { rollouts } = storeInMemory();
    await expect(only(claim(rollouts, 'ro-nowhere', 'worker-1'))).rejects.toThrow('The store has lost the rollout');
  });
});
