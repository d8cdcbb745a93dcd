import type { FloProtocol } from '../../../src/codecs/flo/codec.js';
import type { InMemoryFloOptions, InMemoryFloServer } from '../../../src/embedded/flo/in-memory-flo-server.js';
import { marbles, type Script } from '../../../src/testing.js';
import { bytes, Peer, text, type Heard } from './peer.js';

const shown = ({ status, value }: Heard): unknown => (status === 0 ? value : status);
const key = bytes('user:1');

describe.each<FloProtocol>(['v1-32', 'v2-table'])('kv in %s', (protocol) => {
  function scene(script: (peer: Peer, server: InMemoryFloServer) => Script, options: InMemoryFloOptions = {}): void {
    marbles(function* ({ flo }) {
      const { server, connector } = flo({ latencyMs: 0, ...options });
      yield* script(new Peer(connector(), protocol, { ttlUnit: options.ttlUnit ?? 'ms' }), server);
    });
  }

  it('answers a ping', () => {
    scene(function* (peer) {
      peer.ask(peer.codec.ping, undefined);
      yield 10;
      expect(peer.news()).toMatchObject([{ id: 1, status: 0, value: 'PONG' }]);
    });
  });

  it('gives back what was put, until it is deleted', () => {
    scene(function* (peer) {
      const { get, put, delete: remove } = peer.codec.kv;
      const binary = Uint8Array.from({ length: 256 }, (_, at) => at);
      peer.ask(get, { key });
      peer.ask(put, { key, value: binary });
      peer.ask(get, { key });
      peer.ask(put, { key, value: bytes('') });
      peer.ask(get, { key });
      peer.ask(remove, { key });
      peer.ask(get, { key });
      yield 10;
      const empty = new Uint8Array(0);
      expect(peer.news().map(shown)).toEqual([
        2,
        { version: 1n },
        { version: 1n, value: binary },
        { version: 2n },
        { version: 2n, value: empty },
        { existed: true },
        2,
      ]);
    });
  });

  it('deletes a missing key as this generation has it', () => {
    scene(function* (peer) {
      peer.ask(peer.codec.kv.delete, { key });
      peer.ask(peer.codec.kv.delete, { key, casVersion: 9n });
      yield 10;
      const missing = protocol === 'v1-32' ? 2 : { existed: false };
      expect(peer.news().map(shown)).toEqual([missing, missing]);
    });
  });

  it('refuses what its condition forbids, and changes nothing then', () => {
    scene(function* (peer, server) {
      const { put, delete: remove } = peer.codec.kv;
      const value = bytes('new');
      server.put('user:1', bytes('old'));
      peer.ask(put, { key, value, casVersion: 7n });
      peer.ask(put, { key, value, casVersion: 0n });
      peer.ask(put, { key, value, condition: 'ifAbsent' });
      peer.ask(put, { key: bytes('other'), value, condition: 'ifPresent' });
      peer.ask(remove, { key, casVersion: 7n });
      yield 10;
      expect(peer.statuses()).toEqual([8, 8, 8, 8, 8]);
      expect(text(server.kv('user:1')?.value)).toBe('old');
      expect(server.kv('other')).toBeUndefined();
      peer.ask(put, { key, value, casVersion: 1n });
      peer.ask(put, { key: bytes('other'), value, casVersion: 0n });
      yield 10;
      expect(peer.statuses()).toEqual([0, 0]);
      expect(text(server.kv('user:1')?.value)).toBe('new');
    });
  });

  it('lets keys expire, and a write without a time to live keep them', () => {
    scene(function* (peer, server) {
      const { put, get } = peer.codec.kv;
      peer.ask(put, { key, value: bytes('gone'), ttlMs: 1000 });
      peer.ask(put, { key: bytes('kept'), value: bytes('soon'), ttlMs: 1000 });
      peer.ask(put, { key: bytes('kept'), value: bytes('for ever') });
      yield 999;
      expect(server.kv('user:1')).toBeDefined();
      yield 2;
      peer.news();
      peer.ask(get, { key });
      peer.ask(get, { key: bytes('kept') });
      peer.ask(put, { key, value: bytes('again'), condition: 'ifAbsent' });
      yield 10;
      expect(peer.statuses()).toEqual([2, 0, 0]);
    });
  });

  it('keeps namespaces apart, and takes an empty one for the default', () => {
    scene(function* (peer, server) {
      peer.ask(peer.codec.kv.put, { key, value: bytes('a') }, 'tenant');
      peer.ask(peer.codec.kv.get, { key });
      peer.ask(peer.codec.kv.put, { key, value: bytes('b') }, '');
      yield 10;
      expect(peer.statuses()).toEqual([0, 2, 0]);
      expect(text(server.kv('user:1')?.value)).toBe('b');
      expect(text(server.kv('user:1', { namespace: 'tenant' })?.value)).toBe('a');
    });
  });

  it('keeps its own keys to itself, and takes no NUL', () => {
    scene(function* (peer) {
      const { get, put } = peer.codec.kv;
      for (const own of ['_action:x', '_worker:x', '_sys:x', '_internal:x', '_flo:'])
        peer.ask(get, { key: bytes(own) });
      peer.ask(put, { key: bytes('_flow'), value: bytes('') });
      const frame = peer.frame(get, { key: bytes('aZb') }).slice(peer.codec.headerBytes);
      frame[Buffer.from(frame).indexOf('Z')] = 0;
      peer.send(peer.codec.requestFrame({ low: 77, high: 0 }, get.opcode, frame));
      yield 10;
      expect(peer.statuses()).toEqual([7, 7, 7, 7, 7, 0, 3]);
    });
  });

  it('waits for a key to exist: all who wait get the first value', () => {
    scene(function* (peer, server) {
      const { get, put } = peer.codec.kv;
      peer.ask(get, { key, waitMs: 1000 });
      peer.ask(get, { key, waitMs: 1000 });
      peer.ask(get, { key, waitMs: 20 });
      yield 30;
      expect(peer.news()).toMatchObject([{ id: 3, status: 2 }]);
      expect(server.counters.waiting).toBe(2);
      peer.ask(put, { key, value: bytes('here') });
      peer.ask(get, { key, waitMs: 1000 });
      yield 10;
      expect(peer.news().map(({ id, status }) => [id, status])).toEqual([
        [1, 0],
        [2, 0],
        [4, 0],
        [5, 0],
      ]);
      expect(server.counters.waiting).toBe(0);
    });
  });

  it('waits for a change even if the key exists', () => {
    scene(function* (peer, server) {
      server.put('user:1', bytes('old'));
      const { get } = peer.codec.kv;
      peer.ask(get, { key, waitMs: 100, waitFor: 'change' });
      peer.ask(get, { key, waitMs: 50, waitFor: 'change' });
      yield 60;
      expect(peer.news()).toMatchObject([{ id: 2, status: 2 }]);
      server.put('user:1', bytes('new'));
      yield 10;
      const heard = peer.news().map(({ value }) => text((value as { value: Uint8Array }).value));
      expect(heard).toEqual(['new']);
    });
  });

  it('refuses values that are too large and goes on', () => {
    scene(
      function* (peer) {
        peer.ask(peer.codec.kv.put, { key, value: new Uint8Array(101) });
        peer.ask(peer.codec.kv.put, { key, value: new Uint8Array(100) });
        yield 10;
        const [refused, taken] = peer.news();
        expect([refused?.status, taken?.status]).toEqual([3, 0]);
        expect(refused?.body.toString()).toContain('value: 101 bytes, at most 100 are taken');
      },
      { maxValueBytes: 100 },
    );
  });
});

it('counts times to live in seconds when it is told that its clients do', () => {
  marbles(function* ({ flo }) {
    const { server, connector } = flo({ latencyMs: 0, ttlUnit: 's' });
    const early = new Peer(connector(), 'v1-32', { ttlUnit: 's' });
    const late = new Peer(connector(), 'v2-table');
    early.ask(early.codec.kv.put, { key: bytes('early'), value: bytes(''), ttlMs: 3000 });
    late.ask(late.codec.kv.put, { key: bytes('late'), value: bytes(''), ttlMs: 3000 });
    yield 2990;
    expect([server.kv('early'), server.kv('late')]).not.toContain(undefined);
    yield 20;
    expect([server.kv('early'), server.kv('late')]).toEqual([undefined, undefined]);
  });
});

it('serves both generations from one store', () => {
  marbles(function* ({ flo }) {
    const { server, connector } = flo({ latencyMs: 0 });
    const [old, young] = [new Peer(connector()), new Peer(connector(), 'v2-table')];
    old.ask(old.codec.kv.put, { key, value: bytes('shared') });
    yield 10;
    young.ask(young.codec.kv.get, { key });
    yield 10;
    expect(young.news().map(shown)).toMatchObject([{ version: 1n }]);
    expect(server.counters.frames).toEqual({ 'v1-32': 1, 'v2-table': 1 });
  });
});
