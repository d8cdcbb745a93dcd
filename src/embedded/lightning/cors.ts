import type { ExchangeEnd, IncomingRequest, OutgoingAnswer } from '../../transports/http/service.js';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const MAX_AGE_SECS = '600';

type Headers = Readonly<Record<string, string>>;

/** What pages of other origins may do (lightning.md 1.3): with the origins allowed, everything. */
export class Cors {
  readonly #origins: ReadonlySet<string>;
  readonly #all: boolean;

  /** `*` among the origins allows all. */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
    this.#all = this.#origins.has('*');
  }

  /** The answer to a preflight request, which leads to no route; undefined for any other request. */
  preflight(request: IncomingRequest): OutgoingAnswer | undefined {
    const origin = request.header('origin');
    const method = request.header('access-control-request-method');
    if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return undefined;
    const wanted = request.header('access-control-request-headers');
    const failures: string[] = [];
    if (!this.#allows(origin)) failures.push('origin');
    if (!METHODS.includes(method)) failures.push('method');
    if (request.header('access-control-request-private-network') === 'true') failures.push('private-network');
    const headers: Headers = {
      'content-type': 'text/plain; charset=utf-8',
      vary: 'Origin',
      'access-control-allow-methods': METHODS.join(', '),
      'access-control-max-age': MAX_AGE_SECS,
      'access-control-allow-credentials': 'true',
      ...(this.#allows(origin) && { 'access-control-allow-origin': origin }),
      ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
    };
    if (failures.length === 0) return { status: 200, headers, body: 'OK' };
    return { status: 400, headers, body: `Disallowed CORS ${failures.join(', ')}` };
  }

  /** The other end of an exchange, whose answers say who may read them. */
  marking(request: IncomingRequest, end: ExchangeEnd): ExchangeEnd {
    const marks = this.#marks(request.header('origin'));
    const marked = (answer: OutgoingAnswer): OutgoingAnswer => ({
      ...answer,
      headers: { ...answer.headers, ...marks },
    });
    return {
      answer: (answer) => end.answer(marked(answer)),
      drop: (answer, when) => (answer === undefined ? end.drop() : end.drop(marked(answer), when)),
    };
  }

  #marks(origin: string | undefined): Headers {
    const vary: Headers = this.#all ? {} : { vary: 'Origin' };
    if (origin === undefined) return vary;
    const readable: Headers = { 'access-control-allow-credentials': 'true', 'access-control-expose-headers': '*' };
    if (this.#all) return { ...readable, 'access-control-allow-origin': '*' };
    return { ...vary, ...readable, ...(this.#allows(origin) && { 'access-control-allow-origin': origin }) };
  }

  #allows(origin: string): boolean {
    return this.#all || this.#origins.has(origin);
  }
}
