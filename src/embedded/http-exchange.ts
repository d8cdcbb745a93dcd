import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExchangeEnd, IncomingRequest, OutgoingAnswer } from '../transports/http/service.js';
import type { ListenerService } from './http-listener.js';

/** How many bodies of the largest size may be on their way at once. */
const MOST_BODIES = 4;

/** Bytes of bodies that have come but have not been served yet, on all connections together. */
export interface Incoming {
  bytes: number;
}

/** One request on a socket, from its head until its answer is on its way. It is served in its turn. */
export class HttpExchange implements ExchangeEnd {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #service: ListenerService;
  readonly #incoming: Incoming;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #complete = false;
  #turn = false;
  #leave: (() => void) | undefined;
  #answered = false;
  #last = false;

  constructor(request: IncomingMessage, response: ServerResponse, service: ListenerService, incoming: Incoming) {
    this.#request = request;
    this.#response = response;
    this.#service = service;
    this.#incoming = incoming;
    request.on('data', (chunk: Uint8Array) => this.#received(chunk));
    request.on('end', () => {
      this.#complete = true;
      if (this.#turn) this.#serve();
    });
  }

  /** True once it has been answered, even if not all of the answer has been sent. */
  get answered(): boolean {
    return this.#answered;
  }

  /** The answers to all earlier requests on this connection have been sent. */
  itsTurn(): void {
    this.#turn = true;
    if (this.#complete) this.#serve();
  }

  /** No request follows on this connection. */
  last(): void {
    this.#last = true;
  }

  /** The connection is over, or the answer is. */
  gone(): void {
    this.#release();
    if (this.#answered) return;
    this.#answered = true;
    this.#leave?.();
  }

  answer(answer: OutgoingAnswer): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#head(answer);
    this.#response.end(answer.body);
  }

  drop(answer?: OutgoingAnswer, when?: 'halfway' | 'afterwards'): void {
    if (this.#answered) return;
    if (answer !== undefined && when === 'afterwards') {
      this.last();
      this.answer(answer);
      return;
    }
    this.#answered = true;
    if (answer === undefined) {
      this.#request.socket.destroy();
      return;
    }
    this.#head(answer);
    const body = Buffer.from(answer.body);
    this.#response.write(body.subarray(0, body.length >> 1), () => this.#request.socket.destroy());
  }

  #received(chunk: Uint8Array): void {
    if (this.#answered) return;
    const { maxBodyBytes } = this.#service;
    this.#bytes += chunk.length;
    this.#incoming.bytes += chunk.length;
    this.#chunks.push(chunk);
    const tooLarge = this.#bytes > maxBodyBytes;
    if (!tooLarge && this.#incoming.bytes <= MOST_BODIES * maxBodyBytes) return;
    this.#release();
    // What is left of the body is not read: the connection is of no further use.
    this.last();
    this.answer(this.#service.refuse(tooLarge ? 413 : 503));
  }

  #release(): void {
    this.#chunks = [];
    this.#incoming.bytes -= this.#bytes;
    this.#bytes = 0;
  }

  #serve(): void {
    if (this.#answered) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#release();
    const { method = '', url = '/', headers } = this.#request;
    const request: IncomingRequest = {
      method,
      target: url,
      body,
      header: (name) => {
        const value = headers[name];
        return typeof value === 'string' ? value : value?.[0];
      },
    };
    const leave = this.#service.serve(request, this);
    if (!this.#answered) this.#leave = leave;
  }

  #head({ status, headers, body }: OutgoingAnswer): void {
    const response = this.#response;
    // Neither of the two headers by which Node announces that it keeps the connection: the genuine server has none.
    if (this.#last || !response.shouldKeepAlive) {
      response.shouldKeepAlive = false;
      response.setHeader('connection', 'close');
    } else response.removeHeader('connection');
    response.writeHead(status, {
      ...headers,
      'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
    });
  }
}
