import { firstValueFrom, from, mergeMap, toArray } from 'rxjs';
import { ConnectionError } from '../../src/codecs/lightning/errors.js';
import { eventually, finished, withServer } from './scene.js';

describe('a client and a server on a socket', () => {
  it('enqueue, work, spans, resources, wait', async () => {
    await withServer(async ({ server, client }) => {
      const resources = {
        llm: { resourceType: 'llm', endpoint: 'http://h/v1', model: 'm', samplingParameters: { t: 0.5 } },
        prompt: { resourceType: 'prompt_template', template: 'Hi {u}', engine: 'f-string' },
      } as const;
      const snapshot = await finished(client.addResources(resources));
      expect(snapshot).toMatchObject({ version: 1, resources });
      expect(await finished(client.getLatestResources())).toEqual(snapshot);
      const updated = await finished(client.updateResources(snapshot!.resourcesId, { prompt: resources.prompt }));
      expect(updated).toMatchObject({ version: 2, resources: { prompt: resources.prompt } });
      expect(updated!.updateTimeMs).toBeGreaterThanOrEqual(snapshot!.updateTimeMs);

      const made = (await finished(client.enqueueManyRollouts([{ input: 'ä' }, { input: null, mode: 'val' }])))!;
      expect(made.map(({ input, mode, resourcesId }) => [input, mode, resourcesId])).toEqual([
        ['ä', undefined, snapshot!.resourcesId],
        [null, 'val', snapshot!.resourcesId],
      ]);
      const ids = made.map(({ rolloutId }) => rolloutId);
      const waiting = firstValueFrom(client.waitForRollouts(ids, { intervalMs: 5 }).pipe(toArray()));
      for (const status of ['succeeded', 'failed'] as const) {
        const rollout = (await finished(client.dequeueRollout({ workerId: 'w' })))!;
        const { rolloutId, attempt } = rollout;
        const { attemptId } = attempt;
        const sequenceId = (await finished(client.getNextSpanSequenceId(rolloutId, attemptId)))!;
        const timing = { startTimeMs: Date.now() - 1, endTimeMs: Date.now() };
        const attributes = { 'agentlightning.reward.0.value': 0.25, list: ['a', 'b'], yes: true };
        const span = await finished(
          client.addSpan({ rolloutId, attemptId, sequenceId, name: 'step', attributes, parentId: 'p', ...timing }),
        );
        expect(span).toMatchObject({ attributes, ...timing, parent: { spanId: 'p' } });
        expect(await finished(client.querySpans(rolloutId))).toMatchObject({ total: 1, items: [span] });
        expect(await finished(client.getRolloutById(rolloutId))).toMatchObject({
          status: 'running',
          attempt: { attemptId },
        });
        await finished(client.updateAttempt(rolloutId, attemptId, { status }));
      }
      expect((await waiting).map(({ rolloutId, status }) => [rolloutId, status])).toEqual([
        [ids[0], 'succeeded'],
        [ids[1], 'failed'],
      ]);
      expect(await finished(client.dequeueRollout())).toBeUndefined();
      expect(await finished(client.getRolloutById('ro-x'))).toBeUndefined();
      expect(await finished(client.queryRollouts({ statusIn: ['failed'], sortBy: 'startTimeMs' }))).toMatchObject({
        total: 1,
      });
      expect(await finished(client.getWorkerById('w'))).toMatchObject({ status: 'idle' });
      expect(await finished(client.statistics())).toMatchObject({ totalRollouts: 2, totalSpans: 2 });
      expect(server.rollouts).toHaveLength(2);
    });
  });

  it('a thousand commands at a time over few connections', async () => {
    await withServer(
      async ({ server, client }) => {
        const made = await finished(
          from(Array.from({ length: 1_000 }, (_, n) => n)).pipe(
            mergeMap((n) => client.enqueueRollout({ input: { n, text: 'x'.repeat(n) } })),
            toArray(),
          ),
        );
        expect(new Set(made!.map(({ rolloutId }) => rolloutId)).size).toBe(1_000);
        expect(server.connections).toBeLessThanOrEqual(5);
        const page = await finished(client.queryRollouts());
        expect(page!.items.map(({ input }) => (input as { text: string }).text.length).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 1_000 }, (_, n) => n),
        );
      },
      { client: { maxConnections: 5 } },
    );
  });

  it('a server that restarts is found again, and waiting goes on', async () => {
    await withServer(async ({ server, client }) => {
      const { rolloutId } = (await finished(client.enqueueRollout({ input: 1 })))!;
      const waiting = firstValueFrom(client.waitForRollouts([rolloutId], { intervalMs: 5 }));
      await eventually(() => (server.counters.routes.get('waitForRollouts') ?? 0) > 2);
      await finished(server.stop());
      await expect(finished(client.statistics())).rejects.toBeInstanceOf(ConnectionError);
      await finished(server.start());
      await finished(client.updateRollout(rolloutId, { status: 'cancelled' }));
      expect(await waiting).toMatchObject({ rolloutId, status: 'cancelled' });
    });
  });

  it('lost answers are asked for again, except of dequeueing', async () => {
    await withServer(async ({ server, client }) => {
      server.faults.dropBeforeNextAnswers(1, 'enqueue');
      await finished(client.enqueueRollout({ input: 1 }));
      expect(server.rollouts).toHaveLength(2);
      server.faults.dropBeforeNextAnswers(1, 'dequeue');
      await expect(finished(client.dequeueRollout())).rejects.toMatchObject({ code: 'LIGHTNING_CONNECTION' });
      expect(server.counters.routes.get('dequeue')).toBe(1);
      server.faults.truncateNextAnswers(1, 'statistics');
      await expect(finished(client.statistics())).rejects.toMatchObject({ cause: { code: 'HTTP_ANSWER_CUT_OFF' } });
      server.faults.mislabelNextAnswers(2, 'statistics');
      expect(await finished(client.statistics())).toMatchObject({ totalRollouts: 2 });
    });
  });

  it('an exchange that is left closes its connection', async () => {
    await withServer(async ({ server, client }) => {
      server.faults.swallowNextAnswers(1, 'statistics');
      const left = client.statistics().subscribe();
      await eventually(() => server.connections === 1 && server.counters.requests === 1);
      left.unsubscribe();
      await eventually(() => server.connections === 0);
      expect(server.counters.requests).toBe(1);
    });
  });

  it('closing leaves no connection', async () => {
    await withServer(async ({ server, client }) => {
      await finished(client.health());
      expect(server.connections).toBe(1);
      await finished(client.close());
      await eventually(() => server.connections === 0);
      await expect(finished(client.health())).rejects.toMatchObject({ code: 'CLOSED' });
    });
  });

  it('more bytes than allowed are an error, not memory', async () => {
    await withServer(
      async ({ client }) => {
        await finished(client.enqueueRollout({ input: 'x'.repeat(500) }));
        await finished(client.enqueueRollout({ input: 'x'.repeat(500) }));
        await expect(finished(client.queryRollouts())).rejects.toMatchObject({
          code: 'LIGHTNING_CONNECTION',
          retryable: false,
          cause: { code: 'HTTP_ANSWER_TOO_LARGE' },
        });
      },
      { client: { maxResponseBytes: 1_000 } },
    );
  });
});
