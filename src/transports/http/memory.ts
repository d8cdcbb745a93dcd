import type { Subscription } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';
import { ClosedError, type SluiceError } from '../../foundation/errors.js';
import { ChannelError } from '../channel-error.js';
import { AnswerCutOffError } from './errors.js';
import type { HttpEvents, HttpRequest, Requester } from './requester.js';
import type { HttpService, IncomingRequest, OutgoingAnswer } from './service.js';

/** Options of {@link MemoryOrigin}. */
export interface MemoryOriginOptions {
  /** For errors and reports (default `http://memory`). */
  readonly origin?: string | undefined;
}

/** Options of {@link MemoryOrigin.requester}. */
export interface MemoryRequesterOptions {
  /** How long a request or an answer takes one way, in milliseconds (default 0: the next turn). */
  readonly latencyMs?: number | undefined;
}

/**
 * A place that HTTP exchanges in memory lead to. All its time is the library's clock: inside `TestScheduler.run` it is
 * virtual. A request arrives on a later turn, its answer on one after that; order is kept.
 *
 * What is called off before it arrives never arrives; later, the server is told that the client has left. While the place
 * is not open, exchanges fail with `ECONNREFUSED` after a round trip.
 *
 * @example
 * const echo = new MemoryOrigin((request, end) => {
 *   end.answer({ status: 200, headers: { 'content-type': 'text/plain' }, body: request.target });
 *   return () => {};
 * });
 * echo.open();
 * const requester = echo.requester({ latencyMs: 5 });
 */
export class MemoryOrigin {
  readonly origin: string;
  readonly #service: HttpService;
  readonly #exchanges = new Set<MemoryExchange>();
  #listening = false;

  constructor(service: HttpService, { origin = 'http://memory' }: MemoryOriginOptions = {}) {
    this.origin = origin;
    this.#service = service;
  }

  get listening(): boolean {
    return this.#listening;
  }

  /** How many exchanges are under way. */
  get exchanges(): number {
    return this.#exchanges.size;
  }

  /** From now on requests are served; before, they are refused. */
  open(): void {
    this.#listening = true;
  }

  /** Requests that have not arrived yet are refused from now on, answers under way still arrive. */
  close(): void {
    this.#listening = false;
  }

  /** Breaks all exchanges under way: their clients are told `ECONNRESET` on the next turn. */
  drop(): void {
    for (const exchange of this.#exchanges) exchange.break();
  }

  /** @throws InvalidOptionError if `latencyMs` is out of range. */
  requester({ latencyMs = 0 }: MemoryRequesterOptions = {}): Requester {
    milliseconds('latencyMs', latencyMs);
    return new MemoryRequester(this.origin, (request, events) => {
      const exchange = new MemoryExchange(this.origin, latencyMs, events, () => this.#exchanges.delete(exchange));
      this.#exchanges.add(exchange);
      exchange.send(() => (this.#listening ? this.#service(incoming(request), exchange) : undefined));
      return exchange;
    });
  }
}

class MemoryRequester implements Requester {
  readonly origin: string;
  readonly #open: (request: HttpRequest, events: HttpEvents) => MemoryExchange;
  readonly #mine = new Set<MemoryExchange>();
  #closed = false;

  constructor(origin: string, open: (request: HttpRequest, events: HttpEvents) => MemoryExchange) {
    this.origin = origin;
    this.#open = open;
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    const exchange = this.#open(request, {
      answered: (answer) => {
        this.#mine.delete(exchange);
        events.answered(answer);
      },
      failed: (error) => {
        this.#mine.delete(exchange);
        events.failed(error);
      },
    });
    this.#mine.add(exchange);
    if (this.#closed) exchange.fail(this.#closedError());
    return () => {
      this.#mine.delete(exchange);
      exchange.callOff();
    };
  }

  close(): void {
    this.#closed = true;
    for (const exchange of this.#mine) exchange.fail(this.#closedError());
  }

  #closedError(): ClosedError {
    return new ClosedError(`${this.origin}: the requester is closed`, { context: { address: this.origin } });
  }
}

/** One exchange: at most one timer at a time. */
class MemoryExchange {
  readonly #origin: string;
  readonly #latencyMs: number;
  readonly #events: HttpEvents;
  readonly #over: () => void;
  #timer: Subscription | undefined;
  #leave: (() => void) | undefined;
  #state: 'coming' | 'served' | 'answering' | 'over' = 'coming';

  constructor(origin: string, latencyMs: number, events: HttpEvents, over: () => void) {
    this.#origin = origin;
    this.#latencyMs = latencyMs;
    this.#events = events;
    this.#over = over;
  }

  /** `arrive` serves the request, or returns undefined if nobody listens. */
  send(arrive: () => (() => void) | undefined): void {
    this.#timer = clock.after(this.#latencyMs, () => {
      this.#state = 'served';
      const leave = arrive();
      if (leave === undefined) this.#later(this.#broken('ECONNREFUSED', 'connect'));
      else if (this.#state === 'served') this.#leave = leave;
    });
  }

  answer({ status, headers, body }: OutgoingAnswer): void {
    const contentType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
    this.#later({ status, contentType, body: bytes });
  }

  drop(answer?: OutgoingAnswer, when?: 'halfway' | 'afterwards'): void {
    if (answer === undefined) this.#later(this.#broken('ECONNRESET', 'read'));
    else if (when === 'halfway') this.#later(new AnswerCutOffError(this.#origin));
    else this.answer(answer);
  }

  /** Fails on the next turn, whatever was on its way. */
  fail(error: SluiceError): void {
    if (this.#state === 'over') return;
    this.#left();
    this.#state = 'answering';
    this.#arriveAfter(0, error);
  }

  break(): void {
    this.fail(this.#broken('ECONNRESET', 'read'));
  }

  callOff(): void {
    if (this.#state === 'over') return;
    this.#left();
    this.#end();
  }

  #later(outcome: { status: number; contentType: string; body: Uint8Array } | SluiceError): void {
    if (this.#state !== 'served') return;
    this.#state = 'answering';
    this.#leave = undefined;
    this.#arriveAfter(this.#latencyMs, outcome);
  }

  #arriveAfter(
    delayMs: number,
    outcome: { status: number; contentType: string; body: Uint8Array } | SluiceError,
  ): void {
    this.#timer = clock.after(delayMs, () => {
      this.#end();
      if (outcome instanceof Error) this.#events.failed(outcome);
      else this.#events.answered(outcome);
    });
  }

  #left(): void {
    this.#timer?.unsubscribe();
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.();
  }

  #end(): void {
    this.#state = 'over';
    this.#over();
  }

  #broken(code: string, syscall: string): ChannelError {
    return ChannelError.of(this.#origin, { code, syscall });
  }
}

function incoming({ method, path, headers, body }: HttpRequest): IncomingRequest {
  const byName = new Map(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, target: path, body, header: (name) => byName.get(name) };
}
