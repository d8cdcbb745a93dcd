import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { config } from 'rxjs';
import { ClosedError } from '../../src/foundation/errors.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import { AnswerCutOffError, AnswerTooLargeError } from '../../src/transports/http/errors.js';
import { UndiciRequester } from '../../src/transports/http/undici-requester.js';
import { cleanUp, cleanUps, deafPort, host, serve } from '../transports/loopback.js';
import { RecordedExchange } from './recorded-exchange.js';

afterEach(cleanUp);

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}';

/** Requests that a server has received, each answered by `respond` once it is whole. Bodies must be empty. */
async function scripted(
  respond: (socket: Socket, path: string, connection: number) => void,
  options: { maxConnections?: number; maxAnswerBytes?: number } = {},
): Promise<{ requester: UndiciRequester; paths: string[]; sockets: Socket[]; open: () => number; most: () => number }> {
  const paths: string[] = [];
  const sockets: Socket[] = [];
  let [open, most] = [0, 0];
  const { port } = await serve((socket) => {
    const connection = sockets.push(socket) - 1;
    most = Math.max(most, ++open);
    socket.on('close', () => open--).on('end', () => socket.end());
    let head = '';
    socket.on('data', (bytes: Buffer) => {
      head += bytes.toString('latin1');
      for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
        const path = head.slice(0, end).split(' ', 2)[1]!;
        head = head.slice(end + 4);
        paths.push(path);
        respond(socket, path, connection);
      }
    });
  });
  const requester = requesterTo(port, options);
  return { requester, paths, sockets, open: () => open, most: () => most };
}

function requesterTo(port: number, options: object = {}): UndiciRequester {
  const requester = new UndiciRequester(`http://${host}:${port}`, {
    connectionTimeoutMs: 5_000,
    maxConnections: 8,
    maxAnswerBytes: 1 << 20,
    ...options,
  });
  cleanUps.unshift(() => requester.close());
  return requester;
}

async function eventually(condition: () => boolean): Promise<void> {
  for (let left = 2_000; !condition(); left--) {
    if (left === 0) throw new Error('waited for nothing');
    await pause(1);
  }
}

describe('an exchange', () => {
  it('brings status, type and body', async () => {
    const { requester } = await scripted((socket) => socket.write(OK));
    const exchange = new RecordedExchange(requester);
    expect(await exchange.ended).toMatchObject({ status: 200, contentType: 'application/json' });
    expect(await exchange.text()).toBe('{}');
    expect(exchange.toldInside).toBe(false);
  });

  it.each(['with a length', 'in chunks', 'until the end'])('takes a body %s, however it is cut', async (kind) => {
    const body = 'é'.repeat(1000);
    const bytes = Buffer.from(body);
    const heads: Record<string, string> = {
      'with a length': `Content-Length: ${bytes.length}`,
      'in chunks': 'Transfer-Encoding: chunked',
      'until the end': 'Connection: close',
    };
    const { requester } = await scripted((socket) => {
      void (async () => {
        socket.write(`HTTP/1.1 200 OK\r\n${heads[kind]}\r\n\r\n`);
        for (let at = 0; at < bytes.length; at += 333) {
          const part = bytes.subarray(at, at + 333);
          socket.write(
            kind === 'in chunks'
              ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])
              : part,
          );
          await pause(1);
        }
        if (kind === 'in chunks') socket.write('0\r\n\r\n');
        if (kind === 'until the end') socket.end();
      })();
    });
    const exchange = new RecordedExchange(requester);
    expect(await exchange.text()).toBe(body);
    expect(exchange.answers[0]).toMatchObject({ contentType: '' });
  });

  it('takes early hints for what they are', async () => {
    const { requester } = await scripted((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`),
    );
    const exchange = new RecordedExchange(requester);
    expect(await exchange.ended).toMatchObject({ status: 200 });
    expect(await exchange.text()).toBe('{}');
  });

  it('uses one connection again', async () => {
    const { requester, sockets, paths } = await scripted((socket) => socket.write(OK));
    for (let i = 0; i < 4; i++) await new RecordedExchange(requester, { path: `/${i}` }).ended;
    const last = new RecordedExchange(requester, { path: '/4' });
    // Inside the end of another, too.
    const inside = new Promise<void>((resolve) => {
      last.inside = () => {
        void new RecordedExchange(requester, { path: '/5' }).ended.then(() => resolve());
      };
    });
    await inside;
    expect(paths).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
    expect(sockets).toHaveLength(1);
  });

  it('opens another connection where the server has closed the idle one', async () => {
    const { requester, sockets } = await scripted((socket) => socket.write(OK));
    for (let i = 0; i < 3; i++) {
      expect(await new RecordedExchange(requester).ended).toMatchObject({ status: 200 });
      sockets.at(-1)!.end();
      await once(sockets.at(-1)!, 'close');
    }
    expect(sockets).toHaveLength(3);
  });

  it('and many at a time: never more connections than allowed, in the order asked for', async () => {
    const { requester, paths, most } = await scripted((socket) => setTimeout(() => socket.write(OK), 5), {
      maxConnections: 3,
    });
    const exchanges = Array.from({ length: 20 }, (_, i) => new RecordedExchange(requester, { path: `/${i}` }));
    await Promise.all(exchanges.map(({ ended }) => ended));
    expect(exchanges.every(({ answers, errors }) => answers.length === 1 && errors.length === 0)).toBe(true);
    expect(most()).toBe(3);
    const order = paths.map((path) => Number(path.slice(1)));
    for (const [index, number] of order.entries()) expect(Math.abs(number - index)).toBeLessThan(3);
  });
});

describe('an exchange that is called off', () => {
  it('closes its connection and tells nothing; the others go on', async () => {
    const { requester, sockets } = await scripted((socket, path) => (path === '/slow' ? undefined : socket.write(OK)));
    const slow = new RecordedExchange(requester, { path: '/slow' });
    await eventually(() => sockets.length === 1);
    await pause(20);
    slow.callOff();
    slow.callOff();
    await once(sockets[0]!, 'close');
    expect(await new RecordedExchange(requester).ended).toMatchObject({ status: 200 });
    expect([...slow.answers, ...slow.errors]).toEqual([]);
  });

  it('in the middle of its answer, too', async () => {
    const { requester, sockets } = await scripted((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    });
    const cut = new RecordedExchange(requester);
    await eventually(() => sockets.length === 1);
    await pause(30);
    cut.callOff();
    await once(sockets[0]!, 'close');
    expect([...cut.answers, ...cut.errors]).toEqual([]);
  });

  it('while it waits for its turn, is never sent', async () => {
    const { requester, paths } = await scripted((socket) => setTimeout(() => socket.write(OK), 20), {
      maxConnections: 1,
    });
    const [first, second, third] = ['/1', '/2', '/3'].map((path) => new RecordedExchange(requester, { path }));
    second!.callOff();
    await Promise.all([first!.ended, third!.ended]);
    expect(paths).toEqual(['/1', '/3']);
    expect([...second!.answers, ...second!.errors]).toEqual([]);
  });

  it('while its connection is being opened, is never sent and leaves the connection to others', async () => {
    const { requester, paths, sockets } = await scripted((socket) => socket.write(OK), { maxConnections: 1 });
    const first = new RecordedExchange(requester, { path: '/1' });
    const second = new RecordedExchange(requester, { path: '/2' });
    first.callOff();
    expect(await second.ended).toMatchObject({ status: 200 });
    expect(paths).toEqual(['/2']);
    expect(sockets).toHaveLength(1);
  });
});

describe('an exchange that is called off after it has failed', () => {
  it('tells nothing if its failure is still to be told', async () => {
    const { requester } = await scripted(() => {}, { maxConnections: 1 });
    new RecordedExchange(requester);
    const waiting = new RecordedExchange(requester);
    requester.close();
    waiting.callOff();
    await pause(10);
    expect(waiting.errors).toEqual([]);
  });
});

describe('an exchange without an answer', () => {
  it('refused: each one, also those that had to wait', async () => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const requester = requesterTo(port, { maxConnections: 4 });
    const exchanges = Array.from({ length: 20 }, () => new RecordedExchange(requester));
    // From inside the end of one, too.
    exchanges[0]!.inside = () => exchanges.push(new RecordedExchange(requester));
    await exchanges[19]!.ended;
    for (const exchange of exchanges) {
      const error = await exchange.ended;
      expect(error).toBeInstanceOf(ChannelError);
      expect(error).toMatchObject({ retryable: true, context: { errno: 'ECONNREFUSED', syscall: 'connect' } });
    }
    expect(exchanges.some(({ toldInside }) => toldInside)).toBe(false);
  });

  it('nobody there: after the time for opening a connection', async () => {
    const requester = requesterTo(await deafPort(), { connectionTimeoutMs: 100 });
    const startMs = performance.now();
    const error = await new RecordedExchange(requester).ended;
    expect(error).toMatchObject({ code: 'CHANNEL', context: { errno: 'ETIMEDOUT', syscall: 'connect' } });
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['ended', (socket: Socket) => socket.end()],
  ])('%s before it began', async (_, end) => {
    const { requester, paths } = await scripted((socket) => end(socket));
    const error = await new RecordedExchange(requester, { method: 'POST', path: '/x' }).ended;
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ retryable: true, context: { errno: 'ECONNRESET', syscall: 'read' } });
    // A second time is for the owner to decide.
    await pause(30);
    expect(paths).toEqual(['/x']);
  });

  it.each(['Content-Length: 10\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'])(
    'cut off in the middle: %j',
    async (rest) => {
      const { requester } = await scripted((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => setTimeout(() => socket.resetAndDestroy(), 10));
      });
      expect(await new RecordedExchange(requester).ended).toBeInstanceOf(AnswerCutOffError);
    },
  );

  it('not HTTP', async () => {
    const { requester } = await scripted((socket) => socket.write('220 smtp.example ESMTP\r\n'));
    const error = await new RecordedExchange(requester).ended;
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('not HTTP') });
  });

  it('too large: by what it says of itself, and by what comes', async () => {
    const { requester, sockets } = await scripted(
      (socket, path) => {
        if (path === '/says') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n');
        else if (path === '/comes')
          socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n`);
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`);
      },
      { maxAnswerBytes: 1000 },
    );
    for (const path of ['/says', '/comes']) {
      const exchange = new RecordedExchange(requester, { path });
      expect(await exchange.ended).toBeInstanceOf(AnswerTooLargeError);
      await once(sockets.at(-1)!, 'close');
      expect(exchange.errors).toHaveLength(1);
    }
    expect((await new RecordedExchange(requester).text()).length).toBe(1000);
  });
});

describe('close', () => {
  it('fails what is under way, waits, or is asked for later; no connection stays', async () => {
    const { requester, open } = await scripted(() => {}, { maxConnections: 1 });
    const exchanges = [new RecordedExchange(requester), new RecordedExchange(requester)];
    await eventually(() => open() === 1);
    requester.close();
    requester.close();
    exchanges.push(new RecordedExchange(requester));
    for (const exchange of exchanges) {
      expect(await exchange.ended).toBeInstanceOf(ClosedError);
      expect(exchange.toldInside).toBe(false);
    }
    await eventually(() => open() === 0);
  });

  it('gives up on connections that are being opened', async () => {
    const requester = requesterTo(await deafPort(), { connectionTimeoutMs: 60_000 });
    const exchange = new RecordedExchange(requester);
    await pause(10);
    requester.close();
    expect(await exchange.ended).toBeInstanceOf(ClosedError);
  });
});

describe('an owner that throws', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('is reported, and the requester goes on', async () => {
    const { requester } = await scripted((socket) => socket.write(OK));
    const thrown = new Promise((resolve) => (config.onUnhandledError = resolve));
    requester.request(
      { method: 'GET', path: '/' },
      {
        answered: () => {
          throw new Error('a bug');
        },
        failed: () => {
          throw new Error('not told twice');
        },
      },
    );
    expect(await thrown).toMatchObject({ message: 'a bug' });
    expect(await new RecordedExchange(requester).ended).toMatchObject({ status: 200 });
  });
});
