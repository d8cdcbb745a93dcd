import { Server } from 'node:net';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { TcpListener } from '../../src/embedded/tcp-listener.js';

const nobody = { received() {}, drained() {}, ended() {}, closed() {} };

it('goes on listening after a connection that could not be accepted, and still closes', async () => {
  const listen = jest.spyOn(Server.prototype, 'listen');
  const listener = new TcpListener(() => nobody);
  const port = await firstValueFrom(listener.open('127.0.0.1', 0));
  const server = listen.mock.contexts[0] as Server;
  listen.mockRestore();
  // As Node does when the process has no file descriptor left.
  for (const attempt of [1, 2]) server.emit('error', new Error(`accept EMFILE ${attempt}`));
  expect(await firstValueFrom(listener.open('127.0.0.1', 0))).toBe(port);
  await lastValueFrom(listener.close());
  expect(server.listening).toBe(false);
});
