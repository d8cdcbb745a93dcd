import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { SocketEnd } from '../../src/embedded/socket-end.js';
import type { ServerEnd, ServerEvents } from '../../src/transports/server-end.js';

const MUCH = 24 * 1024 * 1024;

/** A connection over loopback: the client's socket, the server's end, and what the server was told. */
async function connection(): Promise<{
  client: Socket;
  end: ServerEnd;
  told: string[];
  closed: Promise<void>;
  over: () => Promise<void>;
}> {
  const told: string[] = [];
  let close = (): void => {};
  const closed = new Promise<void>((resolve) => (close = resolve));
  const events: ServerEvents = {
    received: (bytes) => told.push(`received ${Buffer.from(bytes).toString()}`),
    drained: () => told.push('drained'),
    ended: () => told.push('ended'),
    closed: () => {
      told.push('closed');
      close();
    },
  };
  const listener = createServer({ allowHalfOpen: true });
  const accepted = new Promise<ServerEnd>((resolve) => {
    listener.once('connection', (socket) => {
      new SocketEnd(socket, (end) => {
        resolve(end);
        return events;
      });
    });
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const client = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1' }).on('error', () => {});
  const end = await accepted;
  const over = async (): Promise<void> => {
    client.destroy();
    end.destroy();
    await new Promise((resolve) => listener.close(resolve));
  };
  return { client, end, told, closed, over };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('ends in order: what was written arrives, however much it is', async () => {
  const { client, end, told, closed, over } = await connection();
  expect(end.write(new Uint8Array(MUCH))).toBe(false);
  end.end();
  let got = 0;
  for await (const chunk of client) got += (chunk as Buffer).length;
  expect(got).toBe(MUCH);
  await closed;
  expect(told).toEqual(['closed']);
  await over();
});

it('destroys at once: what had not left is lost', async () => {
  const { client, end, told, closed, over } = await connection();
  end.write(new Uint8Array(MUCH));
  end.destroy();
  let got = 0;
  client.on('data', (chunk) => (got += chunk.length));
  await Promise.all([closed, new Promise((resolve) => client.once('close', resolve))]);
  expect(got).toBeLessThan(MUCH);
  expect(told).toEqual(['closed']);
  await over();
});

it('says when what it took has left', async () => {
  const { client, end, told, over } = await connection();
  client.pause();
  expect(end.write(new Uint8Array(MUCH))).toBe(false);
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  expect(told).toEqual([]);
  client.resume();
  while (told.length === 0) await nextTurn();
  expect(told).toEqual(['drained']);
  expect(end.write(new Uint8Array(10))).toBe(true);
  await over();
});

it('holds back what comes, and the end behind it, while it is paused', async () => {
  const { client, end, told, over } = await connection();
  end.pause();
  client.end('hello');
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  expect(told).toEqual([]);
  end.resume();
  while (told.length < 2) await nextTurn();
  expect(told).toEqual(['received hello', 'ended']);
  await over();
});

it('does nothing after it is over', async () => {
  const { client, end, told, closed, over } = await connection();
  end.end();
  end.resume();
  expect(end.write(new Uint8Array(10))).toBe(false);
  client.write('too late');
  let got = 0;
  for await (const chunk of client) got += (chunk as Buffer).length;
  await closed;
  expect([got, told]).toEqual([0, ['closed']]);
  await over();
});
