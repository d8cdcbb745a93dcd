import { FloServer } from '../../../src/embedded/flo/flo-server.js';
import type { HostedFlo } from '../../../src/embedded/flo/hosted-flo.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { marbles } from '../../../src/testing.js';
import { bytes, payloads, Peer, text } from './peer.js';

it('keeps a copy of what it is given, also of a Buffer', () => {
  marbles(function* ({ flo }) {
    const { server, connector } = flo({ latencyMs: 0 });
    const given = Buffer.from('before');
    server.put('key', given);
    server.enqueue('jobs', given);
    given.write('after!');
    const peer = new Peer(connector());
    peer.ask(peer.codec.queue.dequeue, { queue: bytes('jobs'), count: 1 });
    yield 10;
    expect(text(server.kv('key')?.value)).toBe('before');
    expect(peer.news().map(payloads)).toEqual([['before']]);
  });
});

it("delays and deduplicates for nobody under semantics 'server'", () => {
  const server = FloServer.inMemory({ semantics: 'server' });
  const how = { delayMs: 1000, dedupKey: 'once' };
  expect([server.enqueue('jobs', bytes('a'), how), server.enqueue('jobs', bytes('b'), how)]).toEqual([1n, 2n]);
  expect(server.queue('jobs')).toMatchObject({ ready: 2, delayed: 0 });
});

it.each<[string, (server: HostedFlo) => unknown]>([
  ['key', (server) => server.put('', bytes(''))],
  ['key', (server) => server.put('b\0c', bytes(''), { namespace: 'a' })],
  ['key', (server) => server.kv('x'.repeat(65_536))],
  ['namespace', (server) => server.put('c', bytes(''), { namespace: 'a\0b' })],
  ['ttlMs', (server) => server.put('key', bytes(''), { ttlMs: -1 })],
  ['queue', (server) => server.enqueue('', bytes(''))],
  ['queue', (server) => server.queue('a\0b')],
  ['namespace', (server) => server.deadLetters('jobs', { namespace: 'a\0b' })],
  ['priority', (server) => server.enqueue('jobs', bytes(''), { priority: 256 })],
  ['delayMs', (server) => server.enqueue('jobs', bytes(''), { delayMs: Number.NaN })],
])('refuses a bad %s, which no client could send either (%#)', (option, use) => {
  const server = FloServer.inMemory();
  expect(() => use(server)).toThrow(InvalidOptionError);
  expect(() => use(server)).toThrow(new RegExp(`^${option}: `));
});
