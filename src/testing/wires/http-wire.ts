import type { HttpAnswer, HttpRequest } from '../../transports/http/requester.js';
import type { Legend } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';
import { Wire } from './wire.js';

/** What a request or an answer is. */
export interface HttpReading {
  readonly name: string;
  /** What tests may compare beside the name. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly words: string;
}

/** What a tap must know of a system whose wire is HTTP. */
export interface HttpSystem {
  readonly name: string;
  readonly letters: Legend;
  asked(request: HttpRequest): HttpReading;
  answered(request: HttpRequest, answer: HttpAnswer): HttpReading;
}

/** An exchange, as far as it has come. */
export interface SeenExchange {
  /** The how-manieth, from 1. */
  readonly number: number;
  /** What was asked for, as letters call it. */
  readonly name: string;
  readonly request: HttpRequest;
  /** What the request says as JSON; empty if it has no body, or another one than an object. */
  readonly body: Readonly<Record<string, unknown>>;
  /** When it was asked for, in milliseconds. */
  readonly atMs: number;
  readonly state: 'open' | 'answered' | 'failed' | 'called off';
  /** When it was over. */
  readonly endedAtMs: number | undefined;
  readonly answer: HttpAnswer | undefined;
}

/** A {@link Wire} that carries HTTP exchanges. */
export class HttpWire extends Wire {
  /** All exchanges, in the order in which they were asked for; the list goes on growing, and its entries change. */
  readonly exchanges: SeenExchange[] = [];
  private count = 0;

  /** @internal */
  constructor(name: string, letters: Legend, run: MarbleRun) {
    super(`wire of ${name}`, letters, run);
  }

  /** How many exchanges have neither ended nor been called off. */
  get open(): number {
    return this.exchanges.filter(({ state }) => state === 'open').length;
  }

  /** The exchanges of this name, such as `enqueue`. */
  named(name: string): SeenExchange[] {
    return this.exchanges.filter((exchange) => exchange.name === name);
  }

  override clear(): void {
    super.clear();
    const open = this.exchanges.filter(({ state }) => state === 'open');
    this.exchanges.splice(0, Infinity, ...open);
  }

  /** @internal */
  begin(request: HttpRequest, name: string): NotedExchange {
    const exchange = new NotedExchange(++this.count, name, request, objectIn(request.body), this.nowMs);
    this.exchanges.push(exchange);
    return exchange;
  }

  /** @internal */
  end(exchange: NotedExchange, state: SeenExchange['state'], answer?: HttpAnswer): void {
    exchange.state = state;
    exchange.endedAtMs = this.nowMs;
    exchange.answer = answer;
  }
}

class NotedExchange implements SeenExchange {
  state: SeenExchange['state'] = 'open';
  endedAtMs: number | undefined;
  answer: HttpAnswer | undefined;

  constructor(
    readonly number: number,
    readonly name: string,
    readonly request: HttpRequest,
    readonly body: Readonly<Record<string, unknown>>,
    readonly atMs: number,
  ) {}
}

/** What a body says; undefined if it is none of JSON. */
export function jsonOf(body: Uint8Array | string | undefined): unknown {
  if (body === undefined || body.length === 0) return undefined;
  try {
    return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

/** What a body says if it is an object, else an empty one. */
export function objectIn(body: Uint8Array | string | undefined): Readonly<Record<string, unknown>> {
  const json = jsonOf(body);
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
}
