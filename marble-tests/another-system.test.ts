import { FloServer } from '../src/embedded/flo/flo-server.js';
import { LanceServer } from '../src/embedded/lance/lance-server.js';
import { FloClient } from '../src/observables/flo/flo-client.js';
import { LanceClient } from '../src/observables/lance/lance-client.js';
import { floPeer, lancePeer, marbles } from '../src/testing.js';
import type { Connector } from '../src/transports/channel.js';

/** Under an address, as a socket has one. */
function at(address: string, connector: Connector): Connector {
  return { address, connect: (events) => connector.connect(events) };
}

describe("a Lance client at a Flo server's address", () => {
  function lance(): LanceClient {
    const server = FloServer.inMemory();
    server.start().subscribe();
    return new LanceClient({ connector: at('flo:9000', server.connector()), reconnect: { maxAttempts: 0 } });
  }
  const question = 'flo:9000: invalid magic bytes 0x004f4c46: expected LANC; is this a Lance server?';

  it('connecting fails, and says what it looks like', () => {
    marbles(function* ({ watch }) {
      const seen = watch(lance().connect());
      yield 100;
      expect(seen.error).toMatchObject({ code: 'LANCE_INVALID_FRAME', message: expect.stringContaining(question) });
    });
  });

  it('a stream ends with it', () => {
    marbles(function* ({ watch }) {
      const seen = watch(lance().consume('log'));
      yield 60_000;
      expect(seen.error).toMatchObject({ code: 'LANCE_INVALID_FRAME', message: question });
    });
  });
});

describe.each(['v1-32', 'v2-table'] as const)("a Flo client at a Lance server's address, %s", (protocol) => {
  function flo(): FloClient {
    const server = LanceServer.inMemory();
    server.start().subscribe();
    return new FloClient('x:1', { connector: at('lance:1992', server.connector()), protocol, timeoutMs: 500 });
  }

  it('connecting fails, and says what it looks like', () => {
    marbles(function* ({ watch }) {
      const seen = watch(flo().connect());
      yield 600;
      expect(seen.error).toMatchObject({
        code: 'FLO_TIMEOUT',
        message: 'ping: no answer within 500 ms; none has come from lance:1992 yet: is this a Flo server?',
      });
    });
  });

  it('a command fails, and says what it looks like', () => {
    marbles(function* ({ watch }) {
      const seen = watch(flo().kv.put('a-long-key', 'a long value'));
      yield 100;
      expect(seen.error).toMatchObject({
        code: 'FLO_UNEXPECTED_EOF',
        message: 'lance:1992 closed the connection before any answer: is this a Flo server?',
      });
    });
  });
});

describe('a Flo client at the address of a server', () => {
  const answering = (bytes: Uint8Array): FloClient => {
    const peer = floPeer(() => bytes, { address: 'web:80', client: { timeoutMs: 500 } });
    return peer.client;
  };

  it('that speaks something else', () => {
    marbles(function* ({ watch }) {
      const seen = watch(answering(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')).ping());
      yield 100;
      expect(seen.error).toMatchObject({
        code: 'FLO_PROTOCOL_MISMATCH',
        message: expect.stringContaining('is web:80 a Flo server?'),
      });
    });
  });
});

describe('a Lance client at the address of a server that says little', () => {
  it.each([
    ['four bytes', 'nope', 'invalid magic bytes'],
    ['a dozen', 'LANC\u0009 is it?', 'unsupported protocol version 9'],
  ])('%s are enough to know that it is another one', (_, garbage, reason) => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(() => [], { client: { reconnect: { maxAttempts: 0 } } });
      const seen = watch(peer.client.consume('log'));
      peer.send('50ms g', { g: Buffer.from(garbage) });
      yield 100;
      expect(seen).toMatchObject({ ended: 'error', endedAtMs: 60 });
      expect(seen.error).toMatchObject({ message: expect.stringContaining(reason) });
    });
  });
});
