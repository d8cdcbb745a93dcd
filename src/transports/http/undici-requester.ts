import { Client } from 'undici';
import { clock } from '../../foundation/clock.js';
import { ClosedError } from '../../foundation/errors.js';
import { outsideWorld } from '../../foundation/outside-world.js';
import type { HttpEvents, HttpRequest, Requester } from './requester.js';
import { SocketOpener } from './socket-opener.js';
import { UndiciExchange, type ExchangeOwner } from './undici-exchange.js';

/** How a requester over sockets behaves. */
export interface UndiciRequesterOptions {
  /** How long opening a connection may take, in milliseconds. */
  readonly connectionTimeoutMs: number;
  /** Exchanges under way at a time; the others wait for their turn. */
  readonly maxConnections: number;
  readonly maxAnswerBytes: number;
}

/** The store drops idle connections after 30 s without a word: a request on one of them would be lost. */
const KEEP_ALIVE_MS = 15_000;

/**
 * A requester over undici's clients, one for each exchange under way, the one used last first: a pool of theirs opens
 * more connections than needed for requests that are made inside the end of another. Idle connections keep no process
 * alive, and undici looks whether the server has closed one before it writes to it.
 *
 * Nothing is ever sent twice: when a connection that was kept alive breaks under a request, nobody can know whether it
 * was read, and its owner has to decide.
 */
export class UndiciRequester implements Requester, ExchangeOwner {
  readonly origin: string;
  readonly maxAnswerBytes: number;
  readonly #maxConnections: number;
  readonly #opener: SocketOpener;
  /** All there are; they connect when they have something to send, and again if they have lost their connection. */
  readonly #clients = new Set<Client>();
  readonly #idle: Client[] = [];
  readonly #active = new Map<UndiciExchange, Client>();
  readonly #waiting = new Set<UndiciExchange>();
  #closed = false;

  /** `origin` is such as `http://127.0.0.1:4747`. */
  constructor(origin: string, { connectionTimeoutMs, maxConnections, maxAnswerBytes }: UndiciRequesterOptions) {
    this.origin = origin;
    this.maxAnswerBytes = maxAnswerBytes;
    this.#maxConnections = maxConnections;
    this.#opener = new SocketOpener(origin, connectionTimeoutMs);
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    outsideWorld.entered?.(`HTTP request to ${this.origin}`);
    const exchange = new UndiciExchange(request, events, this);
    if (this.#closed) {
      const turn = clock.after(0, () => events.failed(this.#closedError()));
      return () => turn.unsubscribe();
    }
    if (this.#active.size < this.#maxConnections) this.#start(exchange);
    else this.#waiting.add(exchange);
    return () => {
      if (!this.#waiting.delete(exchange)) exchange.callOff();
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const left = [...this.#active.keys(), ...this.#waiting];
    this.#waiting.clear();
    for (const exchange of left) exchange.fail(this.#closedError());
    this.#opener.close();
    for (const client of this.#clients) client.destroy(null, () => {});
  }

  ended(exchange: UndiciExchange, well: boolean): void {
    if (well) this.#release(exchange);
    // Undici is in the middle of cleaning up, and could not take another request for this client now.
    else clock.after(0, () => this.#release(exchange));
  }

  leftBehind(exchange: UndiciExchange): void {
    const client = this.#active.get(exchange);
    if (client === undefined) return;
    this.#active.delete(exchange);
    this.#clients.delete(client);
    client.destroy(null, () => {});
    this.#startNext();
  }

  #release(exchange: UndiciExchange): void {
    const client = this.#active.get(exchange);
    if (client === undefined) return;
    this.#active.delete(exchange);
    this.#idle.push(client);
    this.#startNext();
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#start(next);
  }

  #start(exchange: UndiciExchange): void {
    const client = this.#idle.pop() ?? this.#newClient();
    this.#active.set(exchange, client);
    const { method, path, headers, body } = exchange.request;
    client.dispatch({ method, path, headers: headers ?? null, body: body ?? null }, exchange);
    exchange.dispatched();
  }

  #newClient(): Client {
    const client = new Client(this.origin, {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => this.#opener.open(options, callback),
    });
    this.#clients.add(client);
    return client;
  }

  #closedError(): ClosedError {
    return new ClosedError(`${this.origin}: closed before the answer`);
  }
}
