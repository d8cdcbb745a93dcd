import { ConflictError } from '../../src/codecs/flo/errors.js';
import { json } from '../../src/codecs/payload/json.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { marbles } from '../../src/testing.js';
import { asText, bytes } from './queue-q.js';

describe.each(['v1-32', 'v2-table'] as const)('kv in %s', (protocol) => {
  it('is cold: nothing is sent before a subscription, and something for each', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { protocol } });
      expectWire(rig.wire).toBe('100ms C 19ms (oSS) 15ms (ss) 996ms X');
      const put = rig.client.kv.put('key', 'value');
      yield 100;
      const first = watch(put);
      const second = watch(put);
      yield 100;
      expect([first.values, second.values]).toEqual([[{ version: 1n }], [{ version: 2n }]]);
      expect([first.ended, first.endedAtMs]).toEqual(['complete', 140]);
    });
  });

  it('put, get and delete, with codecs or bytes', () => {
    marbles(function* ({ flo, watch }) {
      const { client, server } = flo({ client: { protocol } });
      watch(client.kv.put('a', { n: 1 }, { codec: json() }));
      watch(client.kv.put(bytes('b'), bytes('two')));
      yield 50;
      expect(asText(server.kv('a')?.value)).toBe('{"n":1}');
      const a = watch(client.kv.get('a', { codec: json<{ n: number }>() }));
      const b = watch(client.kv.getVersioned('b'));
      const none = watch(client.kv.get('none'));
      yield 50;
      expect(a.values).toEqual([{ n: 1 }]);
      expect(b.values.map((found) => [asText(found?.value), found?.version])).toEqual([['two', 2n]]);
      expect([none.values, none.ended]).toEqual([[undefined], 'complete']);
      const gone = watch(client.kv.delete('a'));
      const absent = watch(client.kv.delete('none'));
      yield 50;
      expect([...gone.values, ...absent.values]).toEqual([true, false]);
      expect(server.kv('a')).toBeUndefined();
    });
  });

  it('conditions that do not hold', () => {
    marbles(function* ({ flo, watch }) {
      const { client, server } = flo({ client: { protocol } });
      server.put('key', bytes('1'));
      const failed = [
        client.kv.put('key', 'x', { ifNotExists: true }),
        client.kv.put('none', 'x', { ifExists: true }),
        client.kv.put('key', 'x', { casVersion: 7n }),
        client.kv.delete('key', { casVersion: 7n }),
      ].map((put) => watch<unknown>(put));
      const right = watch(client.kv.put('key', '2', { casVersion: 1n }));
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
    marbles(function* ({ flo, watch }) {
      const { client } = flo({ client: { protocol } });
      const failed = ['k'.repeat(100), bytes('12345')].map((key) => watch(client.kv.put(key, 'x', { casVersion: 7n })));
      yield 50;
      expect(failed.map(({ error }) => (error as Error).message)).toEqual([
        `kv.put "${'k'.repeat(40)}…", casVersion 7: conflict`,
        'kv.put 5 bytes, casVersion 7: conflict',
      ]);
    });
  });

  it('a time to live, and namespaces', () => {
    marbles(function* ({ flo, watch }) {
      const { client, server } = flo({ client: { protocol, namespace: 'mine' } });
      watch(client.kv.put('key', 'short', { ttlMs: 100 }));
      watch(client.kv.put('key', 'other', { namespace: 'yours' }));
      yield 50;
      expect(asText(server.kv('key', { namespace: 'mine' })?.value)).toBe('short');
      const other = watch(client.kv.get('key', { namespace: 'yours' }));
      yield 50;
      expect(other.values.map(asText)).toEqual(['other']);
      yield 50;
      const late = watch(client.kv.get('key'));
      yield 50;
      expect(late.values).toEqual([undefined]);
    });
  });

  it('waits for a key to exist, or to change', () => {
    marbles(function* ({ flo, watch }) {
      const { client, server } = flo({ client: { protocol } });
      server.put('there', bytes('1'));
      const appears = watch(client.kv.get('key', { waitMs: 60_000 }));
      const changes = watch(client.kv.get('there', { waitMs: 60_000, waitFor: 'change' }));
      const never = watch(client.kv.get('never', { waitMs: 2_000 }));
      yield 30_000;
      server.put('key', bytes('hello'));
      server.put('there', bytes('2'));
      yield 10;
      expect([...appears.values, ...changes.values].map(asText)).toEqual(['hello', '2']);
      expect([never.values, never.endedAtMs]).toEqual([[undefined], 2_040]);
    });
  });

  it('waits for ever in pieces that servers accept', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { protocol } });
      expectWire(rig.wire.only('G', 'f', 'g')).toBe('20ms G 5m 19ms (fG) 5m 16ms (fG) 5m 16ms (fG) 1m 39s 926ms g', {
        G: { name: 'Get', waitMs: 300_000 },
      });
      const seen = watch(rig.client.kv.get('key', { blockMs: 0 }));
      yield 1_000_000;
      expect(seen.ended).toBeUndefined();
      rig.server.put('key', bytes('at last'));
      yield 10;
      expect(seen.values.map(asText)).toEqual(['at last']);
    });
  });

  it('an answer that comes too early does not end the wait, and asks no storm', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ maxWaiting: 0, client: { protocol } });
      // At once, then after 50, 100, 200 and 400 ms; the last asks when the time is over. Each takes 20 ms.
      expectWire(rig.wire).toBe(
        'C 19ms (oG) 16ms (fG) 16ms f 49ms G 19ms f 99ms G 19ms f 199ms G 19ms f 399ms G 19ms f 109ms G 19ms f 999ms X',
      );
      const seen = watch(rig.client.kv.get('key', { waitMs: 1_000 }));
      yield 5_000;
      expect(seen.values).toEqual([undefined]);
      expect(seen.endedAtMs).toBeGreaterThanOrEqual(1_000);
    });
  });
});

describe('kv in v2-table', () => {
  it('status 2 may also say that something else is not there: that is an error', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ client: { protocol: 'v2-table' } });
      rig.server.faults.failNext(2, { status: 2, reason: 'no_such_transaction' });
      const got = watch(rig.client.kv.get('key'));
      const deleted = watch(rig.client.kv.delete('key'));
      yield 50;
      for (const { error } of [got, deleted]) expect(error).toMatchObject({ code: 'FLO_NOT_FOUND' });
    });
  });
});

describe('kv refuses before anything is sent', () => {
  const { kv } = new FloClient('memory:9000');
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
