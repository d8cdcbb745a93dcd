import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { Observable } from 'rxjs';
import { ClosedError } from '../foundation/errors.js';
import type { ServerEnd, ServerEvents } from '../transports/server-end.js';
import { ListenError } from './errors.js';
import { SocketEnd } from './socket-end.js';

/** Listens on a TCP port for an embedded server, with TLS if that was asked for; may be closed and opened again. */
export class TcpListener {
  readonly #accept: (end: ServerEnd) => ServerEvents;
  readonly #tls: TlsOptions | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(accept: (end: ServerEnd) => ServerEvents, tls?: TlsOptions) {
    this.#accept = accept;
    this.#tls = tls;
  }

  /** It neither listens nor is about to. */
  get idle(): boolean {
    return this.#server === undefined;
  }

  /**
   * Emits the port once it listens, then completes; at once if it does already. Unsubscribing does not undo it.
   * Errors with {@link ListenError}, or with {@link ClosedError} if it is closed before it listens.
   */
  open(host: string, port: number): Observable<number> {
    return new Observable((subscriber) => {
      const server = (this.#server ??= this.#listen(host, port));
      const listening = (): void => {
        subscriber.next((server.address() as AddressInfo).port);
        subscriber.complete();
      };
      if (server.listening) return listening();
      const failed = (error: NodeJS.ErrnoException): void => subscriber.error(ListenError.of(host, port, error));
      const closed = (): void => subscriber.error(new ClosedError('the server was stopped before it listened'));
      server.once('listening', listening).once('error', failed).once('close', closed);
      return () => server.off('listening', listening).off('error', failed).off('close', closed);
    });
  }

  /** Drops all connections and stops listening; emits once all of that is over, then completes. */
  close(): Observable<void> {
    return new Observable((subscriber) => {
      const server = this.#server;
      this.#server = undefined;
      let left = this.#sockets.size + 1;
      const over = (): void => {
        if (--left > 0) return;
        subscriber.next();
        subscriber.complete();
      };
      for (const socket of this.#sockets) socket.once('close', over).destroy();
      if (server === undefined) over();
      else server.close(over);
    });
  }

  #listen(host: string, port: number): Server {
    const accept = (socket: Socket): SocketEnd => new SocketEnd(socket, this.#accept);
    const options = { allowHalfOpen: true, noDelay: true };
    const server =
      this.#tls === undefined ? createServer(options, accept) : createTlsServer({ ...this.#tls, ...options }, accept);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    // A listening server reports connections that it could not accept, and goes on.
    const failed = (): void => {
      if (!server.listening && this.#server === server) this.#server = undefined;
    };
    // A name is looked up first, and Node listens after that even if the server has been closed meanwhile.
    const late = (): void => {
      if (this.#server !== server) server.close();
    };
    return server.on('error', failed).once('listening', late).listen({ host, port });
  }
}
