import { LightningServer } from '../../../src/embedded/lightning/lightning-server.js';
import { clock } from '../../../src/foundation/clock.js';
import { marbles } from '../../../src/testing.js';
import { post, started, type Outcome } from './talk.js';

const idsOf = (outcome: Outcome): unknown => (outcome.json as { rollout_id: string }[]).map((one) => one.rollout_id);

function idOf({ json }: Outcome): string {
  const [rollout] = json as { rollout_id: string }[];
  return rollout?.rollout_id ?? '';
}

it('answers the moment that the last rollout finishes, in the order asked for', () => {
  marbles(function* () {
    const { server, requester } = started(LightningServer.inMemory());
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }, { input: 2 }] });
    yield 1;
    const [a, b] = (made.json as { rollout_id: string }[]).map((one) => one.rollout_id);
    const wait = post(requester, '/waits/rollouts', { rollout_ids: [a, b, 'ro-nobody', a] });
    yield 86_400_000;
    expect([server.openWaits, wait.over]).toEqual([1, false]);
    post(requester, `/rollouts/${b}`, { status: 'succeeded' });
    yield 1000;
    expect(wait.over).toBe(false);
    const finishing = clock.now();
    post(requester, `/rollouts/${a}`, { status: 'cancelled' });
    yield 1000;
    expect([wait.atMs, idsOf(wait)]).toEqual([finishing, [a, b, a]]);
    expect(server.openWaits).toBe(0);
  });
});

it('answers with what there is when the time is up', () => {
  marbles(function* () {
    const { requester } = started(LightningServer.inMemory({ latencyMs: 3 }));
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }, { input: 2 }] });
    yield 10;
    const ids = (made.json as { rollout_id: string }[]).map((one) => one.rollout_id);
    post(requester, `/rollouts/${ids[1]}`, { status: 'failed' });
    yield 10;
    const wait = post(requester, '/waits/rollouts', { rollout_ids: ids, timeout: 2.5 });
    yield 5000;
    expect([wait.atMs, idsOf(wait)]).toEqual([20 + 3 + 2500 + 3, [ids[1]]]);
  });
});

it('shows a rollout as it was when it finished, whatever becomes of it while others are waited for', () => {
  marbles(function* () {
    const { requester } = started(LightningServer.inMemory());
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }, { input: 2 }] });
    yield 1;
    const ids = (made.json as { rollout_id: string }[]).map((one) => one.rollout_id);
    const wait = post(requester, '/waits/rollouts', { rollout_ids: ids });
    yield 1;
    post(requester, `/rollouts/${ids[0]}`, { status: 'succeeded' });
    yield 1;
    post(requester, `/rollouts/${ids[0]}`, { status: 'running', metadata: { late: true } });
    post(requester, `/rollouts/${ids[1]}`, { status: 'succeeded' });
    yield 1;
    expect(wait.json).toMatchObject([{ status: 'succeeded', metadata: {} }, { status: 'succeeded' }]);
  });
});

it('never waits for what has finished once and was revived', () => {
  marbles(function* () {
    const { requester } = started(LightningServer.inMemory());
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }] });
    yield 1;
    const id = idOf(made);
    post(requester, `/rollouts/${id}`, { status: 'succeeded' });
    yield 1;
    post(requester, `/rollouts/${id}`, { status: 'running' });
    yield 1;
    const wait = post(requester, '/waits/rollouts', { rollout_ids: [id], timeout: null });
    yield 1;
    expect([wait.status, wait.json]).toEqual([200, []]);
  });
});

it('forgets the waits of clients that have left', () => {
  marbles(function* () {
    const { server, requester } = started(LightningServer.inMemory());
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }] });
    yield 1;
    const waits = Array.from({ length: 50 }, (_, at) =>
      post(requester, '/waits/rollouts', { rollout_ids: [idOf(made)], ...(at % 2 === 0 && { timeout: 60 }) }),
    );
    yield 1;
    expect(server.openWaits).toBe(50);
    for (const wait of waits) wait.callOff();
    expect(server.openWaits).toBe(0);
    expect(server.counters.left).toBe(50);
    const finishing = post(requester, `/rollouts/${idOf(made)}`, { status: 'succeeded' });
    yield 61_000;
    expect([finishing.status, waits.filter((wait) => wait.over)]).toEqual([200, []]);
  });
});

it('answers all waits when the server stops', () => {
  marbles(function* () {
    const { server, requester } = started(LightningServer.inMemory({ latencyMs: 1 }));
    const made = post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }, { input: 2 }] });
    yield 10;
    const ids = (made.json as { rollout_id: string }[]).map((one) => one.rollout_id);
    post(requester, `/rollouts/${ids[0]}`, { status: 'succeeded' });
    yield 10;
    const wait = post(requester, '/waits/rollouts', { rollout_ids: ids });
    yield 10;
    server.stop().subscribe();
    yield 10;
    expect([wait.status, idsOf(wait)]).toEqual([200, [ids[0]]]);
    expect(server.openWaits).toBe(0);
  });
});
