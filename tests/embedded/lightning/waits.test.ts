import { marbles } from '../../../src/testing.js';
import { post, type Outcome } from './talk.js';

const idsOf = (outcome: Outcome): unknown => (outcome.json as { rollout_id: string }[]).map((one) => one.rollout_id);

it('answers the moment that the last rollout finishes, in the order asked for', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire, enqueue, finish } = lightning();
    expectWire(wire).toBe('W 86401019ms w');
    const [a, b] = enqueue(1, 2).map(({ rolloutId }) => rolloutId);
    const wait = post(requester(), '/waits/rollouts', { rollout_ids: [a, b, 'ro-nobody', a] });
    yield 86_400_000;
    expect(server.openWaits).toBe(1);
    finish([b!]);
    yield 1010;
    finish([a!], 'cancelled');
    yield 1000;
    expect(idsOf(wait)).toEqual([a, b, a]);
    expect(server.openWaits).toBe(0);
  });
});

it('answers with what there is when the time is up', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { requester, wire, enqueue, finish } = lightning();
    expectWire(wire).toBe('W 2519ms w', { w: { answer: [expect.objectContaining({ status: 'failed' })] } });
    const ids = enqueue(1, 2).map(({ rolloutId }) => rolloutId);
    finish([ids[1]!], 'failed');
    const wait = post(requester(), '/waits/rollouts', { rollout_ids: ids, timeout: 2.5 });
    yield 5000;
    expect(idsOf(wait)).toEqual([ids[1]]);
  });
});

it('shows a rollout as it was when it finished, whatever becomes of it while others are waited for', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { requester, wire, enqueue } = lightning();
    expectWire(wire.only('W', 'w')).toBe('W 99ms w');
    const ids = enqueue(1, 2).map(({ rolloutId }) => rolloutId);
    const wait = post(requester(), '/waits/rollouts', { rollout_ids: ids });
    yield 40;
    post(requester(), `/rollouts/${ids[0]}`, { status: 'succeeded' });
    yield 40;
    post(requester(), `/rollouts/${ids[0]}`, { status: 'running', metadata: { late: true } });
    post(requester(), `/rollouts/${ids[1]}`, { status: 'succeeded' });
    yield 40;
    expect(wait.json).toMatchObject([{ status: 'succeeded', metadata: {} }, { status: 'succeeded' }]);
  });
});

it('never waits for what has finished once and was revived', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { requester, wire, enqueue, finish } = lightning();
    expectWire(wire).toBe('U 19ms u 9ms W 19ms w');
    const [rollout] = enqueue(1);
    const id = rollout!.rolloutId;
    finish([id]);
    post(requester(), `/rollouts/${id}`, { status: 'running' });
    yield 30;
    const wait = post(requester(), '/waits/rollouts', { rollout_ids: [id], timeout: null });
    yield 30;
    expect([wait.status, wait.json]).toEqual([200, []]);
  });
});

it('forgets the waits of clients that have left', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire, enqueue } = lightning();
    // Nothing is answered but the update.
    expectWire(wire.received).toBe('60ms u');
    const [rollout] = enqueue(1);
    const waits = Array.from({ length: 50 }, (_, at) =>
      post(requester(), '/waits/rollouts', { rollout_ids: [rollout?.rolloutId], ...(at % 2 === 0 && { timeout: 60 }) }),
    );
    yield 40;
    expect(server.openWaits).toBe(50);
    for (const wait of waits) wait.callOff();
    expect(server.openWaits).toBe(0);
    expect(server.counters.left).toBe(50);
    post(requester(), `/rollouts/${rollout?.rolloutId}`, { status: 'succeeded' });
    yield 61_000;
    expect(waits.filter((wait) => wait.over)).toEqual([]);
  });
});

it('answers all waits when the server stops', () => {
  marbles(function* ({ lightning, expectWire }) {
    const { server, requester, wire, enqueue, finish, stop } = lightning();
    expectWire(wire).toBe('W 59ms w');
    const ids = enqueue(1, 2).map(({ rolloutId }) => rolloutId);
    finish([ids[0]!]);
    const wait = post(requester(), '/waits/rollouts', { rollout_ids: ids });
    yield 50;
    stop();
    yield 50;
    expect([wait.status, idsOf(wait)]).toEqual([200, [ids[0]]]);
    expect(server.openWaits).toBe(0);
  });
});
