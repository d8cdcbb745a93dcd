import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';

/** A TLS-terminating proxy in front of a server that speaks none, as users run one. */
export class TlsProxy {
  readonly names: unknown[] = [];
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(
    private readonly target: number,
    private readonly options: TlsOptions,
  ) {}

  get port(): number {
    return this.#port;
  }

  /** On the same port as before, if there was one. */
  async start(): Promise<this> {
    const server = createServer(this.options, (outside) => {
      this.names.push(outside.servername);
      const inside = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
      this.#sockets.add(inside);
      for (const [one, other] of [
        [outside, inside],
        [inside, outside],
      ] as const) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#sockets.add(socket.on('error', () => {})));
    server.on('tlsClientError', () => {}).listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Cuts what is under way, in the middle of a record if need be. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }
}
