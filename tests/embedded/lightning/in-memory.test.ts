import { LightningServer } from '../../../src/embedded/lightning/lightning-server.js';
import { clock } from '../../../src/foundation/clock.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { marbles } from '../../../src/testing.js';
import { get, now, post, reach, type Outcome } from './talk.js';

it('starts and stops synchronously, and keeps what it has', () => {
  marbles(function* () {
    const server = LightningServer.inMemory();
    expect(now(server.start())).toBe(server);
    const requester = server.requester();
    const made = post(requester, '/rollouts', { input: 'kept' });
    yield 1;
    expect(now(server.stop())).toBe(undefined);
    const refused = get(requester, '/health');
    yield 1;
    expect(refused.error?.context).toMatchObject({ errno: 'ECONNREFUSED', address: 'http://memory' });
    server.start().subscribe();
    const { rollout_id: id } = made.json as { rollout_id: string };
    const kept = get(requester, `/rollouts/${id}`);
    yield 1;
    expect(kept.json).toEqual(made.json);
  });
});

it('takes the latency both ways, and its times from the virtual clock', () => {
  marbles(function* ({ lightning }) {
    const { server, requester } = reach(lightning({ latencyMs: 40 }));
    yield 1000;
    const made = post(requester, '/rollouts', { input: 1 });
    yield 500;
    expect(made.atMs).toBe(1080);
    expect(made.json).toMatchObject({ start_time: 1.04, attempt: { start_time: 1.04 } });
    expect(server.rollouts).toMatchObject([{ startTimeMs: 1040, attempt: { status: 'preparing' } }]);
    expect(clock.now()).toBe(1500);
  });
});

it('keeps ids that are names of inherited properties apart from those', () => {
  marbles(function* ({ lightning }) {
    const { server, requester } = reach(lightning({ latencyMs: 0 }));
    const strange = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const unknown = strange.map((id) => [
      get(requester, `/rollouts/${id}/attempts/latest`),
      get(requester, `/workers/${id}`),
      get(requester, `/resources/${id}`),
    ]);
    yield 1;
    expect(unknown.flat().map(({ status, json }) => [status, json])).toEqual(
      Array.from({ length: 12 }, () => [200, null]),
    );
    for (const id of strange) {
      post(requester, `/workers/${id}`, { heartbeat_stats: { load: 1 } });
      post(requester, `/resources/${id}`, {});
      post(requester, '/spans/next', { rollout_id: id, attempt_id: id });
    }
    yield 1;
    expect(server.workers.map((worker) => worker.workerId)).toEqual(strange);
    expect(server.resources.map((snapshot) => snapshot.resourcesId)).toEqual(strange);
    const sorts = strange.map((name) => get(requester, `/rollouts?sort_by=${name}`));
    yield 1;
    expect(sorts.map((sort) => sort.status)).toEqual([400, 400, 400, 400]);
  });
});

it('keeps keys that are names of inherited properties', () => {
  marbles(function* ({ lightning }) {
    const { requester } = reach(lightning({ latencyMs: 0 }));
    const text = '{"__proto__":{"a":1},"constructor":null}';
    const headers = { 'content-type': 'application/json' };
    const sent = post(requester, '/nothing');
    const made = [`{"input":${text}}`, `{"input":1,"metadata":${text}}`].map((body) => {
      const answers: string[] = [];
      requester.request(
        { method: 'POST', path: '/v1/agl/rollouts', headers, body },
        { answered: (answer) => answers.push(Buffer.from(answer.body).toString()), failed: () => {} },
      );
      return answers;
    });
    const resources = `{"__proto__":{"resource_type":"prompt_template","template":"t","engine":"jinja","x":1}}`;
    const added: string[] = [];
    requester.request(
      { method: 'POST', path: '/v1/agl/resources', headers, body: resources },
      { answered: (answer) => added.push(Buffer.from(answer.body).toString()), failed: () => {} },
    );
    yield 1;
    expect(sent.status).toBe(404);
    expect(made[0]?.[0]).toContain(`"input":${text}`);
    expect(made[1]?.[0]).toContain(`"metadata":${text}`);
    expect(added[0]).toContain('"resources":{"__proto__":{"resource_type":"prompt_template"');
  });
});

it('evicts the spans of the oldest rollouts, so that a client can fill no more than the threshold', () => {
  marbles(function* ({ lightning }) {
    const evictionThresholdBytes = 100_000;
    const { server, requester } = reach(lightning({ latencyMs: 0, evictionThresholdBytes }));
    const made: Outcome[] = [];
    while (made.length < 10) {
      made.push(post(requester, '/rollouts', { input: 1 }));
      yield 1;
    }
    const spans = made.flatMap(({ json }) => {
      const { rollout_id, attempt } = json as { rollout_id: string; attempt: { attempt_id: string } };
      return Array.from({ length: 20 }, (_, n) => spanOf(rollout_id, attempt.attempt_id, n, 'x'.repeat(1000)));
    });
    for (const span of spans) post(requester, '/spans', span);
    yield 1;
    const statistics = get(requester, '/statistics');
    yield 1;
    expect(statistics.json).toMatchObject({ total_spans: 200, safe_threshold_bytes: 80_000 });
    const { total_span_bytes: bytes } = statistics.json as { total_span_bytes: number };
    expect(bytes).toBeGreaterThan(20 * 1000);
    expect(bytes).toBeLessThanOrEqual(evictionThresholdBytes);
    const ids = server.rollouts.map((rollout) => rollout.rolloutId);
    expect(ids.map((id) => server.spans(id).length).filter((count) => count > 0).length).toBeLessThan(6);
    expect(server.spans(ids.at(-1) ?? '')).toHaveLength(20);
  });
});

it('refuses bodies that are too large or too deep, and stays well', () => {
  marbles(function* ({ lightning }) {
    const { server, requester } = reach(lightning({ latencyMs: 0, maxBodyBytes: 10_000 }));
    let deep: unknown = 1;
    for (let depth = 0; depth < 1000; depth++) deep = [deep];
    const [large, nested, fine] = [
      post(requester, '/rollouts', { input: 'x'.repeat(10_000) }),
      post(requester, '/rollouts', { input: deep }),
      post(requester, '/rollouts', { input: '['.repeat(2000) }),
    ];
    yield 1;
    expect([large.status, nested.status, fine.status]).toEqual([413, 400, 201]);
    expect(nested.json).toEqual({ detail: 'There was an error parsing the body' });
    expect(server.rollouts).toHaveLength(1);
  });
});

it('measures bodies in bytes, as it does on sockets', () => {
  marbles(function* ({ lightning }) {
    const { server, requester } = reach(lightning({ latencyMs: 0, maxBodyBytes: 100 }));
    const [large, fine] = [post(requester, '/rollouts', { input: 'é'.repeat(60) }), post(requester, '/rollouts', 'é')];
    yield 1;
    expect([large.status, fine.status]).toEqual([413, 422]);
    expect(server.counters.bytesIn).toBe(12 + 120 + 4);
  });
});

it('looks for attempts before it looks for one of them', () => {
  marbles(function* ({ lightning }) {
    const { server, requester } = reach(lightning({ latencyMs: 0 }));
    post(requester, '/queues/rollouts/enqueue', { rollouts: [{ input: 1 }] });
    yield 1;
    const update = post(requester, `/rollouts/${server.rollouts[0]?.rolloutId}/attempts/at-x`, { status: 'failed' });
    yield 1;
    expect(update.status).toBe(500);
    expect(JSON.stringify(update.json)).toContain('No attempts found for rollout');
  });
});

it('counts', () => {
  marbles(function* ({ lightning }) {
    const { server, requester } = reach(lightning({ latencyMs: 0 }));
    post(requester, '/rollouts', { input: 1 });
    get(requester, '/rollouts/unknown');
    get(requester, '/nowhere');
    yield 1;
    const { requests, routes, statuses, bytesIn, bytesOut } = server.counters;
    expect([requests, bytesIn, bytesOut > 300]).toEqual([3, 11, true]);
    expect([...routes]).toEqual([
      ['startRollout', 1],
      ['getRollout', 1],
    ]);
    expect([...statuses]).toEqual([
      [201, 1],
      [500, 1],
      [404, 1],
    ]);
  });
});

it.each([
  [{ scanDebounceMs: -1 }, 'scanDebounceMs'],
  [{ maxBodyBytes: 1.5 }, 'maxBodyBytes'],
  [{ evictionThresholdBytes: 0 }, 'evictionThresholdBytes'],
  [{ evictionThresholdBytes: 100, safeThresholdBytes: 100 }, 'safeThresholdBytes'],
  [{ latencyMs: Number.NaN }, 'latencyMs'],
])('refuses %p', (options, name) => {
  expect(() => LightningServer.inMemory(options)).toThrow(InvalidOptionError);
  expect(() => LightningServer.inMemory(options)).toThrow(name);
});

function spanOf(rolloutId: string, attemptId: string, n: number, text: string): unknown {
  return {
    rollout_id: rolloutId,
    attempt_id: attemptId,
    sequence_id: n,
    trace_id: 't',
    span_id: `s${n}`,
    parent_id: null,
    name: 'n',
    status: { status_code: 'OK' },
    attributes: { text },
    events: [],
    links: [],
    start_time: null,
    end_time: null,
    context: null,
    parent: null,
    resource: { attributes: {}, schema_url: '' },
  };
}
