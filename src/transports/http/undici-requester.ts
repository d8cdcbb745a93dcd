import { Pool } from 'undici';
import { clock } from '../../foundation/clock.js';
import { ClosedError } from '../../foundation/errors.js';
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
 * A requester over undici's connection pool. Nothing is ever sent twice: when a connection that was kept alive breaks
 * under a request, nobody can know whether it was read, and its owner has to decide.
 */
export class UndiciRequester implements Requester, ExchangeOwner {
  readonly origin: string;
  readonly maxAnswerBytes: number;
  readonly #maxConnections: number;
  readonly #opener: SocketOpener;
  readonly #pool: Pool;
  readonly #active = new Set<UndiciExchange>();
  readonly #waiting = new Set<UndiciExchange>();
  #closed = false;

  /** `origin` is such as `http://127.0.0.1:4747`. */
  constructor(origin: string, { connectionTimeoutMs, maxConnections, maxAnswerBytes }: UndiciRequesterOptions) {
    this.origin = origin;
    this.maxAnswerBytes = maxAnswerBytes;
    this.#maxConnections = maxConnections;
    this.#opener = new SocketOpener(origin, connectionTimeoutMs);
    this.#pool = new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => this.#opener.open(options, callback),
    });
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
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
    const left = [...this.#active, ...this.#waiting];
    this.#waiting.clear();
    for (const exchange of left) exchange.fail(this.#closedError());
    this.#opener.close();
    this.#pool.destroy(null, () => {});
  }

  ended(exchange: UndiciExchange): void {
    this.#active.delete(exchange);
    const [next] = this.#waiting;
    if (next === undefined || this.#active.size >= this.#maxConnections) return;
    this.#waiting.delete(next);
    this.#start(next);
  }

  #start(exchange: UndiciExchange): void {
    this.#active.add(exchange);
    const { method, path, headers, body } = exchange.request;
    this.#pool.dispatch({ method, path, headers: headers ?? null, body: body ?? null }, exchange);
    exchange.dispatched();
  }

  #closedError(): ClosedError {
    return new ClosedError(`${this.origin}: closed before the answer`);
  }
}
