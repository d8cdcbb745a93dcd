import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Subscription } from 'rxjs';
import { Observable } from 'rxjs';
import { clock } from '../foundation/clock.js';
import { ClosedError } from '../foundation/errors.js';
import type { HttpService, OutgoingAnswer } from '../transports/http/service.js';
import { ListenError } from './errors.js';
import { HttpExchange, type Incoming } from './http-exchange.js';

/** What an {@link HttpListener} serves. */
export interface ListenerService {
  readonly serve: HttpService;
  readonly maxBodyBytes: number;
  /** The answer to a request whose body is larger than allowed (413), or one of too many (503). */
  refuse(status: 413 | 503): OutgoingAnswer;
}

/** An idle connection is closed after this long, as by the genuine server. */
const KEEP_ALIVE_MS = 30_000;
/** Request line and headers together; the genuine server takes 70 kB and refuses 200 kB. */
const MAX_HEAD_BYTES = 128 * 1024;
/** A connection that asks for more at once is dropped: each request waits in memory. */
const MOST_AT_ONCE = 100;
/** How long a client may take to fetch its answer once the server has been stopped. */
const LINGER_MS = 1000;

const MALFORMED =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n' +
  'Invalid HTTP request received.';

/** Listens on a TCP port for an embedded server that speaks HTTP; may be closed and opened again. */
export class HttpListener {
  readonly #service: ListenerService;
  readonly #sockets = new Map<Socket, Set<HttpExchange>>();
  readonly #incoming: Incoming = { bytes: 0 };
  #server: Server | undefined;

  constructor(service: ListenerService) {
    this.#service = service;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
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

  /** Drops all connections now; goes on listening. */
  drop(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /**
   * Stops listening. `flush` is to answer what is under way; connections end when they have got their answers, and are
   * dropped if they have nothing to wait for or take longer than a second. Emits once all of that is over.
   */
  close(flush: () => void): Observable<void> {
    return new Observable((subscriber) => {
      const server = this.#server;
      this.#server = undefined;
      for (const exchanges of this.#sockets.values()) for (const exchange of exchanges) exchange.last();
      flush();
      const sockets = [...this.#sockets.keys()];
      let left = sockets.length + 1;
      let linger: Subscription | undefined;
      const over = (): void => {
        if (--left > 0) return;
        linger?.unsubscribe();
        subscriber.next();
        subscriber.complete();
      };
      for (const [socket, exchanges] of this.#sockets) {
        socket.once('close', over);
        if (![...exchanges].some((one) => one.answered)) socket.destroy();
      }
      if (sockets.length > 0) linger = clock.after(LINGER_MS, () => sockets.forEach((socket) => socket.destroy()));
      if (server === undefined) over();
      else server.close(over);
    });
  }

  #listen(host: string, port: number): Server {
    // The genuine server has no time limit for requests either.
    const server = createServer({
      maxHeaderSize: MAX_HEAD_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: 0,
      headersTimeout: 0,
      noDelay: true,
    });
    server.on('connection', (socket: Socket) => {
      const exchanges = new Set<HttpExchange>();
      this.#sockets.set(socket, exchanges);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        for (const exchange of exchanges) exchange.gone();
      });
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#accept(request, response));
    server.on('clientError', (_: Error, socket: Duplex) => {
      if (socket.writable) socket.end(MALFORMED);
      else socket.destroy();
    });
    const gone = (): void => {
      if (this.#server === server) this.#server = undefined;
    };
    // A name is looked up first, and Node listens after that even if the server has been closed meanwhile.
    const late = (): void => {
      if (this.#server !== server) server.close();
    };
    return server.once('error', gone).once('listening', late).listen({ host, port });
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const exchanges = this.#sockets.get(request.socket);
    if (exchanges === undefined || exchanges.size >= MOST_AT_ONCE) {
      request.socket.destroy();
      return;
    }
    const exchange = new HttpExchange(request, response, this.#service, this.#incoming);
    exchanges.add(exchange);
    response.once('close', () => {
      exchanges.delete(exchange);
      exchange.gone();
      const [next] = exchanges;
      next?.itsTurn();
    });
    if (this.#server === undefined) exchange.last();
    if (exchanges.size === 1) exchange.itsTurn();
  }
}
