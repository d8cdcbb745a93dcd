import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { tcp } from '../../src/transports/tcp.js';
import { Recorder } from './recorder.js';

export const host = '127.0.0.1';

/** What is to be done after each test, by {@link cleanUp}. */
export const cleanUps: (() => unknown)[] = [];

export async function cleanUp(): Promise<void> {
  for (const step of cleanUps.splice(0)) await step();
}

/** A server whose connections are handled by `accept`. */
export async function serve(accept: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket.on('error', () => {}));
    accept(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** When the owner is told. */
export const until = (recorder: Recorder, event: 'onOpened' | 'onDrained' | 'onClosed' | 'onReceived'): Promise<void> =>
  new Promise((resolve) => {
    recorder[event] = () => resolve();
  });

/** A port that answers no handshake: a listener whose thread sleeps, with its queue of connections filled. */
export async function deafPort(): Promise<number> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () =>
    new Recorder().connect(tcp({ host, port, connectTimeoutMs: 60_000 })),
  );
  cleanUps.push(() => {
    for (const filler of fillers) filler.close();
    return worker.terminate();
  });
  // The queue takes the first ones; when no more get through, it is full.
  for (let open = -1; open < fillers.filter(({ log }) => log.length > 0).length;) {
    open = fillers.filter(({ log }) => log.length > 0).length;
    for (let turns = 0; turns < 50; turns += 1) await turn();
  }
  return port;
}
