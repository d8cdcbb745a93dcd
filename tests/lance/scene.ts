import { createHash } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { config, lastValueFrom, timer, type Observable } from 'rxjs';
import { encodeRecords, TlvRecord } from '../../src/codecs/lance/tlv.js';
import { LanceServer, type LanceServerOptions } from '../../src/embedded/lance/lance-server.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import type { LanceClientOptions } from '../../src/observables/lance/connection/client-options.js';

/** Fast pauses, so that tests of reconnects are short. */
export const QUICK = { initialMs: 1, maxMs: 20, jitter: 'none' } as const;

/** Waits until something is so; throws when it takes too long. */
export async function eventually(isSo: () => boolean, withinMs = 5000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${withinMs} ms: ${isSo.toString()}`);
    await lastValueFrom(timer(1));
  }
}

/** Runs an Observable to its end; its last value, or undefined. */
export const finished = <T>(source: Observable<T>): Promise<T | undefined> =>
  lastValueFrom(source, { defaultValue: undefined });

/** A server on a socket, a client for it, and the end of both. */
export async function withServer(
  test: (scene: {
    server: LanceServer;
    client: LanceClient;
    newClient: (options?: LanceClientOptions) => LanceClient;
  }) => Promise<void>,
  options: LanceServerOptions = {},
): Promise<void> {
  const server = new LanceServer(options);
  await finished(server.start());
  const clients: LanceClient[] = [];
  const newClient = (own: LanceClientOptions = {}): LanceClient => {
    const client = new LanceClient({ port: server.port, reconnect: QUICK, ...own });
    clients.push(client);
    return client;
  };
  try {
    await test({ server, client: newClient(), newClient });
  } finally {
    await Promise.all(clients.map((client) => finished(client.close({ deadlineMs: 0 }))));
    await finished(server.stop());
  }
}

/** A server that does with each connection what it is told to; ends with the test. */
export class ScriptedServer {
  private readonly server: Server;
  readonly sockets = new Set<Socket>();
  connections = 0;

  constructor(onConnection: (socket: Socket, connection: number) => void) {
    this.server = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      onConnection(socket, ++this.connections);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Stands in front of a server and ends each connection after as many bytes as it is told, in either direction. */
export function cuttingProxy(port: number, cutAfter: (connection: number) => number): ScriptedServer {
  return new ScriptedServer((client, connection) => {
    let left = cutAfter(connection);
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    server.on('error', end).on('close', end);
    client.on('close', end);
    const forward = (from: Socket, to: Socket): void => {
      from.on('data', (bytes: Buffer) => {
        const part = bytes.subarray(0, left);
        left -= part.length;
        to.write(part, () => {
          if (left === 0) to.end();
        });
      });
    };
    forward(client, server);
    forward(server, client);
  });
}

/** Fails each test in which something was thrown that RxJS would report as an uncaught exception. */
export function expectNothingUnhandled(): void {
  const errors: unknown[] = [];
  beforeEach(() => {
    errors.length = 0;
    config.onUnhandledError = (error) => errors.push(error);
  });
  afterEach(() => {
    config.onUnhandledError = null;
    if (errors.length > 0) throw new AggregateError(errors, 'unhandled errors');
  });
}

/** Records whose contents can be checked. */
export function payloads(count: number, bytes: (i: number) => number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const payload = Buffer.alloc(Math.max(4, bytes(i)), i % 251);
    payload.writeUInt32LE(i);
    return payload;
  });
}

export const tlv = (values: readonly Uint8Array[]): Uint8Array =>
  encodeRecords(values.map((value) => TlvRecord.raw(value)));

export function checksum(values: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const value of values) hash.update(value).update('|');
  return hash.digest('hex');
}
