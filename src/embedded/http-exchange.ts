import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExchangeEnd, IncomingRequest, OutgoingAnswer } from '../transports/http/service.js';
import type { ListenerService } from './http-listener.js';

/** One request on a socket, from its head until its answer is on its way. */
export class HttpExchange implements ExchangeEnd {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #service: ListenerService;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #leave: (() => void) | undefined;
  #answered = false;
  #last = false;

  constructor(request: IncomingMessage, response: ServerResponse, service: ListenerService) {
    this.#request = request;
    this.#response = response;
    this.#service = service;
    request.on('data', (chunk: Uint8Array) => this.#received(chunk));
    request.on('end', () => this.#complete());
  }

  /** True once it has been answered, even if not all of the answer has been sent. */
  get answered(): boolean {
    return this.#answered;
  }

  /** No request follows on this connection. */
  last(): void {
    this.#last = true;
  }

  /** The connection is over, or the answer is. */
  gone(): void {
    this.#chunks = [];
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
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#service.maxBodyBytes) {
      this.#chunks.push(chunk);
      return;
    }
    this.#chunks = [];
    // What is left of the body is not read: the connection is of no further use.
    this.last();
    this.answer(this.#service.tooLarge());
  }

  #complete(): void {
    if (this.#answered) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.#bytes) : first;
    this.#chunks = [];
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
