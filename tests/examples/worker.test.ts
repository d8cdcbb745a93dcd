import { Failures } from '../../examples/flights/failures.js';
import type { QueuedBatch } from '../../examples/flights/mini-batches.js';
import { Trainer } from '../../examples/flights/trainer.js';
import { AttemptFailed, Worker } from '../../examples/flights/worker.js';
import { only, storeInMemory, type StoreScene } from './store-in-memory.js';

const failures = new Failures(1);

describe('a worker', () => {
  it('trains a step and tells the store what was learned, with a reward', async () => {
    const { server, worker, batch } = await scene('none');
    expect(await only(worker.attempt(batch, 'worker-1'))).toEqual({ flights: idsOf(batch), error: 900 });
    const [attempt] = server.attempts(batch.rolloutId);
    expect(attempt).toMatchObject({ status: 'succeeded', workerId: 'worker-1' });
    expect(server.rollout(batch.rolloutId)?.status).toBe('succeeded');
    const [span, ...more] = server.spans(batch.rolloutId);
    expect(more).toEqual([]);
    expect(span).toMatchObject({ name: 'agentlightning.annotation', attemptId: attempt!.attemptId, sequenceId: 1 });
    expect(span!.attributes).toEqual({
      'agentlightning.reward.0.name': 'primary',
      'agentlightning.reward.0.value': -900,
      'flights.ids': idsOf(batch),
    });
  });

  it('fails where a failure is planned, until the attempts that the store counts have passed it', async () => {
    const { server, worker, batch } = await scene('passing');
    const plan = failures.planFor(batch.number);
    const fails = plan.kind === 'passing' ? plan.attempts : 0;
    for (let attempt = 1; attempt <= fails; attempt++) {
      expect(await failureOf(worker, batch)).toMatchObject({ forGood: false });
      expect(server.rollout(batch.rolloutId)?.status).toBe('requeuing');
    }
    expect((await only(worker.attempt(batch, 'worker-1'))).flights).toEqual(idsOf(batch));
    const statuses = server.attempts(batch.rolloutId).map(({ status }) => status);
    expect(statuses).toEqual([...Array<string>(fails).fill('failed'), 'succeeded']);
    expect(server.spans(batch.rolloutId)).toHaveLength(1);
  });

  it('gives up when the rollout has no attempt left, and teaches the model nothing', async () => {
    const { server, worker, trainer, batch } = await scene('for good');
    const forGood = [];
    for (let attempt = 1; attempt <= 4; attempt++) forGood.push((await failureOf(worker, batch)).forGood);
    expect(forGood).toEqual([false, false, false, true]);
    expect(server.rollout(batch.rolloutId)?.status).toBe('failed');
    expect(server.spans(batch.rolloutId)).toEqual([]);
    expect(trainer.weights).toEqual({});
  });

  it('does nothing twice when a message comes again after its end', async () => {
    const good = await scene('none');
    await only(good.worker.attempt(good.batch, 'worker-1'));
    const { weights } = good.trainer;
    expect((await only(good.worker.attempt(good.batch, 'worker-2'))).flights).toEqual([]);
    expect(good.trainer.weights).toEqual(weights);
    expect(good.server.attempts(good.batch.rolloutId)).toHaveLength(1);

    const bad = await scene('for good');
    for (let attempt = 1; attempt <= 4; attempt++) await failureOf(bad.worker, bad.batch);
    expect(await failureOf(bad.worker, bad.batch)).toMatchObject({ forGood: true });
    expect(bad.server.attempts(bad.batch.rolloutId)).toHaveLength(4);
  });

  it('leaves a rollout alone that somebody has cancelled', async () => {
    const { server, store, worker, batch } = await scene('none');
    await only(store.updateRollout(batch.rolloutId, { status: 'cancelled' }));
    expect(await failureOf(worker, batch)).toMatchObject({ forGood: true });
    expect(server.rollout(batch.rolloutId)?.status).toBe('cancelled');
  });
});

async function scene(
  kind: 'none' | 'passing' | 'for good',
): Promise<StoreScene & { worker: Worker; trainer: Trainer; batch: QueuedBatch }> {
  const store = storeInMemory();
  const trainer = new Trainer([], 0);
  const [batch] = await store.enqueued(numberOf(kind));
  return { ...store, trainer, worker: new Worker(store.rollouts, trainer, failures), batch: batch! };
}

/** A mini-batch for which so much trouble is planned. */
function numberOf(kind: string): number {
  for (let number = 0; ; number++) if (failures.planFor(number).kind === kind) return number;
}

async function failureOf(worker: Worker, batch: QueuedBatch): Promise<AttemptFailed> {
  const error: unknown = await only(worker.attempt(batch, 'worker-1')).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(AttemptFailed);
  return error as AttemptFailed;
}

const idsOf = (batch: QueuedBatch): number[] => batch.flights.map(({ id }) => id);
