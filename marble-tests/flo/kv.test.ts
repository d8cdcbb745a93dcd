import { json } from '../../src/codecs/payload/json.js';
import { ConflictError } from '../../src/codecs/flo/errors.js';
import { virtually } from '../../tests/embedded/script.js';
import { asText, bytes, Scene, Watch } from './scene.js';

describe.each(['v1-32', 'v2-table'] as const)('kv in %s', (protocol) => {
  it('is cold: nothing is sent before a subscription, and something for each', () => {
    virtually(function* () {
      const scene = new Scene({}, { protocol });
      const put = scene.client.kv.put('key', 'value');
      yield 100;
      expect(scene.wire.connectedAtMs).toEqual([]);
      const first = new Watch(put);
      const second = new Watch(put);
      yield 100;
      expect([first.values, second.values]).toEqual([[{ version: 1n }], [{ version: 2n }]]);
      expect([first.ended, first.endedAtMs]).toEqual(['complete', 140]);
    });
  });

  it('put, get and delete, with codecs or bytes', () => {
    virtually(function* () {
      const { client, server } = new Scene({}, { protocol });
      new Watch(client.kv.put('a', { n: 1 }, { codec: json() }));
      new Watch(client.kv.put(bytes('b'), bytes('two')));
      yield 50;
      expect(asText(server.kv('a')?.value)).toBe('{"n":1}');
      const a = new Watch(client.kv.get('a', { codec: json<{ n: number }>() }));
      const b = new Watch(client.kv.getVersioned('b'));
      const none = new Watch(client.kv.get('none'));
      yield 50;
      expect(a.values).toEqual([{ n: 1 }]);
      expect(b.values.map((found) => [asText(found?.value), found?.version])).toEqual([['two', 2n]]);
      expect([none.values, none.ended]).toEqual([[undefined], 'complete']);
      const gone = new Watch(client.kv.delete('a'));
      const absent = new Watch(client.kv.delete('none'));
      yield 50;
      expect([...gone.values, ...absent.values]).toEqual([true, false]);
      expect(server.kv('a')).toBeUndefined();
    });
  });

  it('conditions that do not hold', () => {
    virtually(function* () {
      const { client, server } = new Scene({}, { protocol });
      server.put('key', bytes('1'));
      const failed = [
        client.kv.put('key', 'x', { ifNotExists: true }),
        client.kv.put('none', 'x', { ifExists: true }),
        client.kv.put('key', 'x', { casVersion: 7n }),
        client.kv.delete('key', { casVersion: 7n }),
      ].map((put) => new Watch<unknown>(put));
      const right = new Watch(client.kv.put('key', '2', { casVersion: 1n }));
      yield 50;
      for (const { error } of failed) expect(error).toBeInstanceOf(ConflictError);
      expect(failed.map(({ error }) => (error as Error).message)).toEqual([
        'kv.put "key", ifNotExists: conflict',
        'kv.put "none", ifExists: conflict',
        'kv.put "key", casVersion 7: conflict',
        'kv.delete "key", casVersion 7: conflict',
      ]);
      expect(right.values).toEqual([{ version: 2n }]);
      expect(() => client.kv.put('key', 'x', { ifExists: true, ifNotExists: true })).toThrow('ifExists');
    });
  });

  it('an error names a long key by its beginning, and bytes by how many they are', () => {
    virtually(function* () {
      const { client } = new Scene({}, { protocol });
      const failed = ['k'.repeat(100), bytes('12345')].map(
        (key) => new Watch(client.kv.put(key, 'x', { casVersion: 7n })),
      );
      yield 50;
      expect(failed.map(({ error }) => (error as Error).message)).toEqual([
        `kv.put "${'k'.repeat(40)}…", casVersion 7: conflict`,
        'kv.put 5 bytes, casVersion 7: conflict',
      ]);
    });
  });

  it('a time to live, and namespaces', () => {
    virtually(function* () {
      const { client, server } = new Scene({}, { protocol, namespace: 'mine' });
      new Watch(client.kv.put('key', 'short', { ttlMs: 100 }));
      new Watch(client.kv.put('key', 'other', { namespace: 'yours' }));
      yield 50;
      expect(asText(server.kv('key', { namespace: 'mine' })?.value)).toBe('short');
      const other = new Watch(client.kv.get('key', { namespace: 'yours' }));
      yield 50;
      expect(other.values.map(asText)).toEqual(['other']);
      yield 50;
      const late = new Watch(client.kv.get('key'));
      yield 50;
      expect(late.values).toEqual([undefined]);
    });
  });

  it('waits for a key to exist, or to change', () => {
    virtually(function* () {
      const { client, server } = new Scene({}, { protocol });
      server.put('there', bytes('1'));
      const appears = new Watch(client.kv.get('key', { waitMs: 60_000 }));
      const changes = new Watch(client.kv.get('there', { waitMs: 60_000, waitFor: 'change' }));
      const never = new Watch(client.kv.get('never', { waitMs: 2_000 }));
      yield 30_000;
      server.put('key', bytes('hello'));
      server.put('there', bytes('2'));
      yield 10;
      expect([...appears.values, ...changes.values].map(asText)).toEqual(['hello', '2']);
      expect([never.values, never.endedAtMs]).toEqual([[undefined], 2_040]);
    });
  });

  it('waits for ever in pieces that servers accept', () => {
    virtually(function* () {
      const scene = new Scene({}, { protocol });
      const seen = new Watch(scene.client.kv.get('key', { blockMs: 0 }));
      yield 1_000_000;
      expect(seen.ended).toBeUndefined();
      const asked = scene.wire.requests(scene.wire.codec.kv.get).map(({ request }) => request.waitMs);
      expect(asked).toEqual([300_000, 300_000, 300_000, 300_000]);
      scene.server.put('key', bytes('at last'));
      yield 10;
      expect(seen.values.map(asText)).toEqual(['at last']);
    });
  });

  it('an answer that comes too early does not end the wait, and asks no storm', () => {
    virtually(function* () {
      const scene = new Scene({ maxWaiting: 0 }, { protocol });
      const seen = new Watch(scene.client.kv.get('key', { waitMs: 1_000 }));
      yield 5_000;
      expect(seen.values).toEqual([undefined]);
      expect(seen.endedAtMs).toBeGreaterThanOrEqual(1_000);
      const asked = scene.wire.requests(scene.wire.codec.kv.get).map(({ atMs }) => atMs);
      // At once, then after 50, 100, 200 and 400 ms; the last asks when the time is over. Each takes 20 ms.
      expect(asked).toEqual([20, 40, 110, 230, 450, 870, 1000]);
    });
  });
});

describe('kv in v2-table', () => {
  it('status 2 may also say that something else is not there: that is an error', () => {
    virtually(function* () {
      const scene = new Scene({}, { protocol: 'v2-table' });
      scene.server.faults.failNext(2, { status: 2, reason: 'no_such_transaction' });
      const got = new Watch(scene.client.kv.get('key'));
      const deleted = new Watch(scene.client.kv.delete('key'));
      yield 50;
      for (const { error } of [got, deleted]) expect(error).toMatchObject({ code: 'FLO_NOT_FOUND' });
    });
  });
});

describe('kv refuses before anything is sent', () => {
  const { kv } = new Scene().client;
  it.each([
    ['an empty key', () => kv.get(''), 'key'],
    ['a NUL', () => kv.put('a\0b', 'x'), 'key'],
    [
      'a value that is neither bytes nor text',
      () => kv.put('a', 1 as never),
      'value: must be a text or bytes; for other values give a codec',
    ],
    ['a key that is neither bytes nor text', () => kv.put(1 as never, 'x'), 'key: must be a text or bytes, got 1'],
    ['a version of what does not exist', () => kv.put('a', 'x', { casVersion: 0n, ifNotExists: true }), 'ifNotExists'],
    [
      'a codec that is none, to read',
      () => kv.get('a', { codec: json as never }),
      'codec: must be a codec such as json()',
    ],
    ['a codec that is none, to write', () => kv.put('a', 1, { codec: 'json' as never }), 'codec: must be a codec'],
    ['a wait below 0', () => kv.get('a', { waitMs: -1 }), 'waitMs'],
    ['two waits', () => kv.get('a', { waitMs: 1, blockMs: 1 }), 'blockMs'],
    ['an unknown wait', () => kv.get('a', { waitFor: 'x' as never }), 'waitFor'],
    ['a wait for a change without a time', () => kv.get('a', { waitFor: 'change' }), 'waitFor'],
    ['a version that is no u64', () => kv.put('a', 'x', { casVersion: -1n }), 'casVersion'],
    ['a namespace with NUL', () => kv.get('a', { namespace: '\0' }), 'namespace'],
  ])('%s', (_, call, option) => {
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(option) }));
  });
});
