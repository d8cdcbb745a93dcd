import { lightningPeer, marbles } from 'sluice/testing';

describe('the wire of a Lightning rig', () => {
  it('shows requests in upper case and their answers in lower case, by route', () => {
    marbles(function* ({ lightning, expectWire, watch }) {
      const { client, wire, enqueue, finish } = lightning();
      expectWire(wire).toBe('(DG) 16ms (dg) 20ms W 19ms w', {
        D: { name: 'dequeue', workerId: 'w-1', limit: 1 },
        d: { name: 'dequeue answered', status: 200, count: 1 },
      });
      const [rollout] = enqueue('why?');
      watch(client.dequeueRollout({ workerId: 'w-1' }));
      watch(client.getRolloutById(rollout!.rolloutId));
      yield 25;
      finish([rollout!.rolloutId]);
      yield 19;
      const ended = watch(client.waitForRollouts([rollout!.rolloutId], { timeoutMs: 1_000 }));
      yield 100;
      expect(ended.values).toMatchObject([{ status: 'succeeded' }]);
      expect(wire.waits).toEqual([{ atMs: 44, ids: [rollout!.rolloutId] }]);
    });
  });

  it('shows refusals, exchanges that fail, and those that are called off', () => {
    marbles(function* ({ lightning, expectWire, watch }) {
      const { client, wire, stop } = lightning({ client: { retryDelaysMs: [], healthRetryDelaysMs: [] } });
      expectWire(wire).toBe('U 19ms f 9ms Y----X 10ms H 19ms x', {
        f: { name: 'refused', route: 'updateRollout', status: 500 },
      });
      watch(client.updateRollout('none', { status: 'failed' }));
      yield 30;
      const left = watch(client.statistics());
      yield 5;
      expect(wire.open).toBe(1);
      left.unsubscribe();
      expect(wire.open).toBe(0);
      stop();
      yield 11;
      watch(client.health());
      yield 100;
      expect(wire.exchanges.map(({ name, state }) => [name, state])).toEqual([
        ['updateRollout', 'answered'],
        ['statistics', 'called off'],
        ['health', 'failed'],
      ]);
    });
  });

  it('leads to another server after the store was lost', () => {
    marbles(function* ({ lightning, watch }) {
      const rig = lightning();
      const [rollout] = rig.enqueue('why?');
      rig.startEmpty();
      const found = watch(rig.client.queryRollouts());
      yield 100;
      expect(found.values).toMatchObject([{ total: 0 }]);
      expect(rig.server.rollout(rollout!.rolloutId)).toBeUndefined();
    });
  });

  it('has clients that close for themselves only', () => {
    marbles(function* ({ lightning, watch }) {
      const rig = lightning();
      const other = rig.newClient();
      const lost = watch(rig.client.statistics());
      const kept = watch(other.statistics());
      yield 5;
      watch(rig.client.close());
      yield 100;
      expect(lost.error).toMatchObject({ code: 'CLOSED' });
      expect(kept.ended).toBe('complete');
      const late = watch(rig.client.statistics());
      yield 10_000;
      expect(late.error).toMatchObject({ code: 'CLOSED' });
    });
  });

  it('lets faults happen', () => {
    marbles(function* ({ lightning, expectWire, watch }) {
      const rig = lightning();
      rig.faults('5ms l');
      expectWire(rig.wire).toBe('D 29s 999ms X');
      const seen = watch(rig.client.dequeueRollout());
      yield 60_000;
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_TIMEOUT' });
    });
  });
});

describe('a Lightning peer', () => {
  it('answers a list of requests', () => {
    marbles(({ expectWire }) => {
      const { client, wire } = lightningPeer([
        ['statistics', 'refused'],
        ['health', { status: 200, body: { status: 'ok' } }],
        ['statistics', { status: 200, body: {} }],
      ]);
      client.statistics().subscribe({ error: () => {} });
      expectWire(wire).toBe('Y 19ms (xH) 16ms h 999ms Y 19ms y');
    });
  });

  it.each([
    ['reset', 'ECONNRESET'],
    ['refused', 'ECONNREFUSED'],
    ['cut off', 'http://memory: the answer ended too early'],
  ] as const)('breaks connections: %s', (answer, errno) => {
    marbles(({ expectWire }) => {
      const { client, wire, asked } = lightningPeer(() => answer, { latencyMs: 3 });
      client.dequeueRollout({ workerId: 'w' }).subscribe({
        error: () => expect(asked).toMatchObject([{ atMs: 3, name: 'dequeue', body: { worker_id: 'w' } }]),
      });
      expectWire(wire).toBe('D-----x', { x: { name: 'failed', errno } });
    });
  });

  it('thinks, and fails the test when something else is asked', () => {
    const test = (): void =>
      marbles(function* ({ expectWire, watch }) {
        const { client, wire } = lightningPeer([
          ['health', { status: 200, body: { status: 'ok' }, afterMs: 100 }],
          ['dequeue'],
        ]);
        expectWire(wire).toBe('H 119ms h');
        watch(client.health());
        yield 200;
        watch(client.statistics());
        yield 100;
      });
    expect(test).toThrow('lightningPeer: step 2 expects dequeue, at 210 ms came statistics: GET /statistics');
  });
});

describe('chance in a store', () => {
  const ids = (seed?: number): string[] => {
    const made: string[] = [];
    marbles(
      ({ lightning }) => {
        const rig = lightning();
        made.push(...rig.enqueue({ input: 1 }, { input: 2 }).map(({ rolloutId }) => rolloutId));
      },
      seed === undefined ? {} : { seed },
    );
    return made;
  };

  it('the ids of rollouts are the same in every run, and others with another seed', () => {
    expect(ids()).toEqual(ids());
    expect(new Set([...ids(1), ...ids(2)]).size).toBe(4);
    expect(ids().every((id) => /^ro-[0-9a-f]{12}$/.test(id))).toBe(true);
  });
});
