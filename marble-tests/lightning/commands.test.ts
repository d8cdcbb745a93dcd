import { concatMap, merge, retry } from 'rxjs';
import { ValidationError } from '../../src/codecs/lightning/errors.js';
import { ClosedError, InvalidOptionError } from '../../src/foundation/errors.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import { lightningPeer, marbles } from '../../src/testing.js';
import { requestsTo } from './rollouts.js';

describe('commands', () => {
  it('emit one value after a round trip, then complete', () => {
    marbles(({ expectObservable, lightning }) => {
      const { client } = lightning();
      expectObservable(client.health()).toBe('20ms (h|)', { h: { status: 'ok' } });
      expectObservable(client.connect()).toBe('20ms (c|)', { c: client });
      expectObservable(client.dequeueRollout()).toBe('20ms (u|)', { u: undefined });
      expectObservable(client.getLatestResources()).toBe('20ms (u|)', { u: undefined });
      expectObservable(client.getRolloutById('ro-x')).toBe('20ms (u|)', { u: undefined });
      expectObservable(client.getNextSpanSequenceId('ro-x', 'at-x')).toBe('20ms (1|)', { 1: 1 });
    });
  });

  it('do nothing until subscribed, and all of it again for each subscription', () => {
    marbles(function* ({ lightning, watch }) {
      const { client, server, wire } = lightning();
      const enqueue = client.enqueueRollout({ input: 1 });
      yield 1_000;
      expect(wire.exchanges).toEqual([]);
      const seen = [watch(enqueue), watch(enqueue)];
      yield 100;
      expect(seen.map(({ ended }) => ended)).toEqual(['complete', 'complete']);
      expect(server.rollouts).toHaveLength(2);
    });
  });

  it('go together: a rollout is enqueued, worked on, and seen to have ended', () => {
    marbles(function* ({ lightning, watch }) {
      const { client, server } = lightning();
      const config = { maxAttempts: 4, retryCondition: ['failed'] as const, timeoutMs: 1_500 };
      const enqueued = watch(client.enqueueRollout({ input: { batch: 7 }, mode: 'train', config }));
      yield 100;
      expect(enqueued.values[0]).toMatchObject({
        status: 'queuing',
        mode: 'train',
        config: { maxAttempts: 4, retryCondition: ['failed'], timeoutMs: 1_500, unresponsiveMs: undefined },
        attempt: undefined,
        endTimeMs: undefined,
        startTimeMs: 10,
      });
      const work = watch(
        client.dequeueRollout({ workerId: 'w' }).pipe(
          concatMap((rollout) => {
            const { rolloutId, attemptId } = rollout!.attempt;
            const span = {
              rolloutId,
              attemptId,
              sequenceId: 1,
              name: 'step',
              startTimeMs: 1.5,
              attributes: { a: [1] },
            };
            return merge(
              client.addSpan(span),
              client.updateAttempt(rolloutId, attemptId, { status: 'succeeded', metadata: { ok: true } }),
            );
          }),
        ),
      );
      yield 100;
      expect(work.ended).toBe('complete');
      expect(work.values).toMatchObject([
        { name: 'step', startTimeMs: 1.5, endTimeMs: undefined, status: { statusCode: 'OK' }, attributes: { a: [1] } },
        { status: 'succeeded', workerId: 'w', metadata: { ok: true } },
      ]);
      const { rolloutId } = enqueued.values[0]!;
      expect(server.rollout(rolloutId)).toMatchObject({ status: 'succeeded' });
      const spans = watch(client.querySpans(rolloutId));
      const ended = watch(client.waitForRollouts([rolloutId]));
      yield 100;
      expect(spans.values[0]).toMatchObject({ total: 1, items: [{ name: 'step' }] });
      expect(ended.values).toMatchObject([{ rolloutId, status: 'succeeded' }]);
    });
  });

  it('that are left call the exchange off, also between attempts and probes', () => {
    for (const afterMs of [5, 30, 500, 1_045, 1_070]) {
      marbles(function* ({ lightning, watch }) {
        const { client, server, wire } = lightning();
        server.faults.failNextRequests(100, 503, 'statistics');
        const seen = watch(client.statistics());
        yield afterMs;
        seen.unsubscribe();
        const sent = wire.exchanges.length;
        expect(wire.open).toBe(0);
        yield 60_000;
        expect(wire.exchanges).toHaveLength(sent);
        expect(seen.ended).toBeUndefined();
      });
    }
  });

  it('may be asked for again from inside their own end', () => {
    marbles(function* ({ lightning, watch }) {
      const { client, server } = lightning();
      server.faults.failNextRequests(2, 404, 'statistics');
      const seen = watch(client.statistics().pipe(retry(2)));
      yield 100;
      expect(seen.values).toHaveLength(1);
    });
  });

  it('after close() error, and so does what is under way; the requester is closed', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lightningPeer(() => 'silent');
      const requester = peer.requester();
      const client = peer.newClient({ requester });
      expectWire(peer.wire.only('statistics', 'called off')).toBe('Y 9ms X');
      const underWay = watch(client.statistics());
      yield 10;
      const closing = client.close();
      expect(underWay.ended).toBeUndefined();
      const closed = watch(closing);
      expect(closed).toMatchObject({ values: [undefined], ended: 'complete' });
      expect(underWay.error).toBeInstanceOf(ClosedError);
      const failures: unknown[] = [];
      requester.request({ method: 'GET', path: '/' }, { answered() {}, failed: (error) => failures.push(error) });
      yield 1;
      expect(failures).toEqual([expect.any(ClosedError)]);
      const late = watch(client.health());
      expect(late.error).toBeInstanceOf(ClosedError);
      watch(client.close());
    });
  });

  it('may close the client with their value', () => {
    marbles(function* ({ lightning, watch }) {
      const { client } = lightning();
      const seen = watch(client.health(), () => client.close().subscribe());
      yield 50;
      expect(seen).toMatchObject({ values: [{ status: 'ok' }], ended: 'complete' });
    });
  });

  it('a span is added once, however often its Observable is subscribed to', () => {
    marbles(function* ({ lightning, watch }) {
      const { client, server } = lightning();
      const started = watch(client.startRollout({ input: null }));
      yield 50;
      const { rolloutId, attempt } = started.values[0]!;
      const add = client.addSpan({ rolloutId, attemptId: attempt.attemptId, sequenceId: 1, name: 'n' });
      const seen = [watch(add), watch(add)];
      yield 50;
      expect(seen[0]!.values[0]).toMatchObject({ spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
      expect(seen[1]!.values).toEqual([undefined]);
      expect(server.spans(rolloutId)).toHaveLength(1);
    });
  });
});

const SPAN = { rolloutId: 'r', attemptId: 'a', sequenceId: 1, name: 'n' };
const EVENT = { name: 'e', attributes: {}, timestampMs: 1 };
const CONTEXT = { traceId: 't', spanId: 's', isRemote: false, traceState: {} };

describe('what a command is given', () => {
  it('is refused before a byte is sent, naming what is wrong', () => {
    const client = new LightningStoreClient('http://store');
    const wrong: readonly (readonly [string, () => unknown])[] = [
      ['rolloutId', () => client.getRolloutById('')],
      ['rolloutId', () => client.getRolloutById('a/b')],
      ['rolloutId', () => client.updateRollout('..', {})],
      ['rolloutId', () => client.getRolloutById('\ud800')],
      ['rolloutId', () => client.getRolloutById(undefined as never)],
      ['attemptId', () => client.updateAttempt('r', '', {})],
      // The store would take these for searches, and change nothing.
      ['rolloutId', () => client.updateRollout('search', {})],
      ['attemptId', () => client.updateAttempt('r', 'search', {})],
      ['workerId', () => client.updateWorker('search')],
      ['workerId', () => client.getWorkerById('')],
      ['resourcesId', () => client.getResourcesById('')],
      ['config.maxAttempts', () => client.enqueueRollout({ input: 1, config: { maxAttempts: 0 } })],
      ['config.timeoutMs', () => client.enqueueRollout({ input: 1, config: { timeoutMs: -1 } })],
      ['config.retryCondition', () => client.updateRollout('r', { config: { retryCondition: 'failed' as never } })],
      ['limit', () => client.queryRollouts({ limit: 0 })],
      ['offset', () => client.queryAttempts('r', { offset: -1 })],
      ['sortOrder', () => client.queryRollouts({ sortBy: 'status', sortOrder: 'up' as never })],
      ['sortOrder', () => client.queryRollouts({ sortOrder: 'desc' })],
      ['filterLogic', () => client.querySpans('r', { filterLogic: 'xor' as never })],
      ['limit', () => client.dequeueManyRollouts(-1)],
      ['lastHeartbeatTimeMs', () => client.updateAttempt('r', 'a', { lastHeartbeatTimeMs: Number.NaN })],
      ['sequenceId', () => client.addSpan({ rolloutId: 'r', attemptId: 'a', sequenceId: 1.5, name: 'n' })],
      ['getNextSpanSequenceId', () => client.addSpan({ rolloutId: 'r', attemptId: 'a', name: 'n' } as never)],
      ['startTimeMs', () => client.addSpan({ ...SPAN, startTimeMs: Number.NaN })],
      ['endTimeMs', () => client.addSpan({ ...SPAN, endTimeMs: Infinity })],
      [
        'events[1].timestampMs',
        () => client.addSpan({ ...SPAN, events: [EVENT, { ...EVENT, timestampMs: Number.NaN }] }),
      ],
      ['enqueueRollout: must be an object', () => client.enqueueRollout(undefined as never)],
      ['enqueueRollout: must be an object', () => client.enqueueManyRollouts([{ input: 1 }, 'two' as never])],
      ['startRollout: must be an object', () => client.startRollout(null as never)],
      ['input: must be JSON', () => client.enqueueRollout({} as never)],
      ['input: must be JSON', () => client.enqueueRollout({ input: () => 1 })],
      ['input: must be JSON', () => client.startRollout({ input: Symbol('s') })],
      ['input: must be JSON', () => client.updateRollout('r', { input: () => 1 })],
      ['resources.x.resourceType', () => client.addResources({ x: { resourceType: 'y' } as never })],
    ];
    for (const [option, call] of wrong) {
      expect(call).toThrow(InvalidOptionError);
      expect(call).toThrow(option);
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an object', { a: 1 }],
    ['an array in an array', [[1]]],
    ['null in an array', ['a', null]],
    ['an array of several types', ['a', 1]],
    ['NaN, which is null in JSON', Number.NaN],
    ['a bigint', 1n],
    ['a function', () => 1],
  ])('an attribute that no store takes is refused and named: %s', (_, value) => {
    const client = new LightningStoreClient('http://store');
    const attributes = { good: 1, 'agent.bad': value } as never;
    const rule = 'must be a string, a boolean, a finite number or an array of one of these';
    for (const [where, span] of [
      ['attributes', { ...SPAN, attributes }],
      ['events[0].attributes', { ...SPAN, events: [{ ...EVENT, attributes }] }],
      ['links[0].attributes', { ...SPAN, links: [{ context: CONTEXT, attributes }] }],
      ['resource.attributes', { ...SPAN, resource: { attributes } }],
    ] as const) {
      expect(() => client.addSpan(span)).toThrow(InvalidOptionError);
      expect(() => client.addSpan(span)).toThrow(`${where}["agent.bad"]: ${rule}`);
    }
  });

  it('attributes that stores take are sent as they are', () => {
    const attributes = {
      text: '',
      yes: true,
      half: -0.5,
      none: [],
      list: ['a', 'b'],
      flags: [true, false],
      n: [1, 2.5],
    };
    marbles(({ expectWire }) => {
      const { client, wire } = lightningPeer(() => 'silent');
      expectWire(wire).toBe('(TX)', { T: { name: 'addSpan', attributes } });
      client
        .addSpan({ ...SPAN, attributes })
        .subscribe()
        .unsubscribe();
    });
  });

  it('may be many spans at a time', () => {
    const client = new LightningStoreClient('http://store');
    const span = { rolloutId: 'r', attemptId: 'a', sequenceId: 1, name: 'n', traceId: 't', spanId: 's' };
    expect(() => client.addManySpans(Array.from({ length: 200_000 }, () => span))).not.toThrow();
    expect(() => client.getManySpanSequenceIds(Array.from({ length: 200_000 }, () => ['r', 'a']))).not.toThrow();
  });

  it('an order without a field to sort by is the order of the default field', () => {
    marbles(({ expectWire }) => {
      const { client, wire } = lightningPeer(() => 'silent');
      const order = { sortBy: 'sequence_id', sortOrder: 'desc' };
      expectWire(wire).toBe('(BZXX)', { B: { name: 'queryAttempts', ...order }, Z: { name: 'querySpans', ...order } });
      const query = { sortBy: undefined, sortOrder: 'desc' } as const;
      const asking = [client.queryAttempts('r', query).subscribe(), client.querySpans('r', query).subscribe()];
      for (const asked of asking) asked.unsubscribe();
    });
  });

  it('must have JSON: a bigint or a cycle is an error of the Observable', () => {
    marbles(({ expectWire, watch }) => {
      const { client, wire } = lightningPeer(() => 'silent');
      expectWire(wire).toBe('-');
      const cycle: Record<string, unknown> = {};
      cycle['self'] = cycle;
      for (const input of [1n, cycle]) {
        expect(watch(client.enqueueRollout({ input })).error).toBeInstanceOf(InvalidOptionError);
      }
    });
  });

  it('is encoded in paths', () => {
    marbles(({ flush, watch }) => {
      const peer = lightningPeer(() => ({ status: 404, body: { detail: 'Not Found' } }));
      const client = new LightningStoreClient('http://store/root//', { requester: peer.requester() });
      watch(client.getWorkerById('a b?c#d%41é'));
      flush();
      expect(requestsTo(peer)).toEqual(['GET /root/v1/agl/workers/a%20b%3Fc%23d%2541%C3%A9']);
    });
  });

  it('is named in what the server says against it', () => {
    marbles(function* ({ lightning, watch }) {
      const { client } = lightning();
      const seen = watch(client.enqueueRollout({ input: 1, mode: 'play' as never }));
      yield 100;
      expect(seen.error).toBeInstanceOf(ValidationError);
      expect(seen.error).toMatchObject({ status: 422, detail: expect.stringContaining('mode') });
    });
  });

  it('arrives with all its keys and comes back with them, whatever they are called', () => {
    marbles(function* ({ lightning, watch }) {
      const { client } = lightning();
      const input: unknown = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toString": null}');
      const seen = watch(client.enqueueRollout({ input, metadata: input as Record<string, unknown> }));
      const named = JSON.parse(
        '{"__proto__": {"resourceType": "prompt_template", "template": "t", "engine": "jinja"}}',
      ) as Record<string, never>;
      const added = watch(client.addResources(named));
      yield 100;
      const { input: came, metadata } = seen.values[0]!;
      expect(JSON.stringify(came)).toBe(JSON.stringify(input));
      expect(JSON.stringify(metadata)).toBe(JSON.stringify(input));
      expect(Object.getPrototypeOf(came)).toBe(Object.prototype);
      expect(Object.keys(added.values[0]!.resources)).toEqual(['__proto__']);
      expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    });
  });
});

describe('the address and the options', () => {
  it.each(['', 'localhost:4747', 'ftp://x', 'http://u:p@x', 'http://x?y', 'http://x#y', 'http://'])(
    'refuse %j',
    (address) => {
      expect(() => new LightningStoreClient(address)).toThrow(InvalidOptionError);
    },
  );

  it.each([
    ['retryDelaysMs[1]', { retryDelaysMs: [1, -1] }],
    ['retryDelaysMs', { retryDelaysMs: 5 as never }],
    ['healthRetryDelaysMs[0]', { healthRetryDelaysMs: [Number.NaN] }],
    ['requestTimeoutMs', { requestTimeoutMs: -1 }],
    ['connectionTimeoutMs', { connectionTimeoutMs: Infinity }],
    ['maxConnections', { maxConnections: 0 }],
    ['maxResponseBytes', { maxResponseBytes: 0 }],
  ])('refuse a wrong %s', (option, options) => {
    expect(() => new LightningStoreClient('http://x', options)).toThrow(InvalidOptionError);
    expect(() => new LightningStoreClient('http://x', options)).toThrow(option);
  });
});
