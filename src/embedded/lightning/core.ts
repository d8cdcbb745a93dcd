import { unescape } from 'node:querystring';
import type { ExchangeEnd, HttpService, IncomingRequest, OutgoingAnswer } from '../../transports/http/service.js';
import { emptyAnswer, errorAnswer, jsonAnswer, refusalAnswer } from './answers.js';
import { Cors } from './cors.js';
import { Tally } from './counters.js';
import { Departures } from './departures.js';
import { LightningFaults } from './faults.js';
import type { LightningBehaviour } from './options.js';
import { resolveBehaviour } from './options.js';
import { Refusal } from './reading/refusal.js';
import { LATER, NOTHING, type Route } from './routes/route.js';
import { match } from './routes/router.js';
import { type Ids, randomIds } from './store/ids.js';
import { LightningStore } from './store/lightning-store.js';
import { sizeInMemory } from './store/span-size.js';

/** What a core is made with beside its behaviour. */
export interface CoreSurroundings {
  /** Seconds since the Unix epoch; never goes back. */
  readonly now: () => number;
  readonly dropConnections: () => void;
  readonly ids?: Ids;
  /** About how many bytes a span takes. */
  readonly sizeOfSpan?: (span: unknown) => number;
}

const nobodyCares = (): void => {};

/** The Lightning server without a network: requests and the time in, answers out, all within the call that brings them. */
export class LightningCore {
  readonly tally = new Tally();
  readonly faults: LightningFaults;
  readonly store: LightningStore;
  readonly maxBodyBytes: number;
  readonly now: () => number;
  readonly #departures = new Departures();
  readonly #cors: Cors | undefined;

  constructor(behaviour: LightningBehaviour, { now, dropConnections, ids, sizeOfSpan }: CoreSurroundings) {
    const { scanDebounceMs, maxBodyBytes, corsAllowOrigins, ...budget } = resolveBehaviour(behaviour);
    this.faults = new LightningFaults(dropConnections);
    this.maxBodyBytes = maxBodyBytes;
    this.#cors = corsAllowOrigins.length === 0 ? undefined : new Cors(corsAllowOrigins);
    this.now = now;
    this.store = new LightningStore({
      ids: ids ?? randomIds,
      scanDebounceMs,
      spanBudget: { ...budget, sizeOf: sizeOfSpan ?? sizeInMemory },
      startedAt: now(),
    });
  }

  /** Answers everything that is still open with what there is: the server stops. */
  flush(): void {
    this.store.waits.endAll();
    this.#departures.sendAll();
  }

  /** Serves one request; the returned function tells that the client has left. */
  readonly serve: HttpService = (request, client) => {
    const preflight = this.#cors?.preflight(request);
    const end = preflight === undefined && this.#cors !== undefined ? this.#cors.marking(request, client) : client;
    this.tally.requests++;
    const bytes = bytesOf(request.body ?? '');
    this.tally.bytesIn += bytes;
    const [path, query] = parsed(request.target);
    const found = match(request.method, path);
    const route = found !== undefined && 'route' in found ? found.route : undefined;
    if (route !== undefined) this.tally.route(route.name);
    if (this.faults.take('refuse', route?.name) !== undefined) {
      this.tally.dropped++;
      end.drop();
      return nobodyCares;
    }
    if (preflight !== undefined) return this.#send(preflight, undefined, end);
    const failure = this.faults.take('fail', route?.name);
    if (failure !== undefined) return this.#send(jsonAnswer(failure, { detail: 'as the test asked for' }), route, end);
    if (bytes > this.maxBodyBytes) return this.#send(this.#tooLarge(), route, end);
    if (found === undefined) return this.#send(elsewhere(request, path, query), route, end);
    if ('allow' in found) {
      const refused = jsonAnswer(405, { detail: 'Method Not Allowed' }, { allow: found.allow });
      return this.#send(request.method === 'HEAD' ? { ...refused, body: '' } : refused, route, end);
    }
    return this.#dispatch(found.route, found.params, query, request, end);
  };

  /** The answer to a request whose body has turned out to be too large, or one of too many, before all of it has come. */
  refuse(status: 413 | 503): OutgoingAnswer {
    this.tally.requests++;
    this.tally.status(status);
    return status === 413 ? this.#tooLarge() : jsonAnswer(status, { detail: 'Too many large bodies at once' });
  }

  #tooLarge(): OutgoingAnswer {
    return jsonAnswer(413, { detail: `The body has more than ${this.maxBodyBytes} bytes` });
  }

  #dispatch(route: Route, params: readonly string[], query: string, request: IncomingRequest, end: ExchangeEnd) {
    const { store } = this;
    let leave = nobodyCares;
    const answer = (value: unknown): void => {
      leave = this.#send(this.#encoded(route, value), route, end);
    };
    const later = (begin: (answer: (body: unknown) => void) => () => void): typeof LATER => {
      let answered = false;
      const callOff = begin((body) => {
        answered = true;
        answer(body);
      });
      if (!answered) {
        leave = () => {
          this.tally.left++;
          callOff();
        };
      }
      return LATER;
    };
    try {
      const value = route.handle({ store, request, params, query, now: this.now(), later });
      if (value !== LATER) answer(value);
    } catch (error) {
      leave = this.#send(error instanceof Refusal ? refusalAnswer(error) : errorAnswer(error), route, end);
    }
    return () => leave();
  }

  #encoded({ status = 200 }: Route, value: unknown): OutgoingAnswer {
    if (value === NOTHING) return emptyAnswer(status);
    try {
      return jsonAnswer(status, value);
    } catch (error) {
      return errorAnswer(error);
    }
  }

  /** Sends an answer, or does to it what a fault asks for. */
  #send(answer: OutgoingAnswer, route: Route | undefined, end: ExchangeEnd): () => void {
    const { faults, tally } = this;
    const delayMs = faults.take('delay', route?.name);
    const send = (): void => {
      const swallowed = faults.take('swallow', route?.name) !== undefined;
      if (swallowed) return;
      const mislabelled = faults.take('mislabel', route?.name) !== undefined;
      const sent = mislabelled ? { ...answer, headers: { ...answer.headers, 'content-type': 'text/html' } } : answer;
      if (faults.take('dropBefore', route?.name) !== undefined) {
        tally.dropped++;
        end.drop();
        return;
      }
      tally.status(sent.status);
      tally.bytesOut += bytesOf(sent.body);
      const cut = faults.take('cut', route?.name) !== undefined;
      if (cut || faults.take('dropAfter', route?.name) !== undefined) {
        tally.dropped++;
        end.drop(sent, cut ? 'halfway' : 'afterwards');
      } else end.answer(sent);
    };
    if (delayMs === undefined) {
      send();
      return nobodyCares;
    }
    const callOff = this.#departures.schedule(delayMs, send);
    return () => {
      tally.left++;
      callOff();
    };
  }
}

function bytesOf(body: Uint8Array | string): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/** A path that ends in slashes leads to the one without them. */
function elsewhere(request: IncomingRequest, path: string, query: string): OutgoingAnswer {
  const shorter = path.replace(/\/+$/, '');
  if (shorter === path || match(request.method, shorter) === undefined) return jsonAnswer(404, { detail: 'Not Found' });
  const scheme = request.header('x-forwarded-proto') ?? 'http';
  const host = request.header('host') ?? 'localhost';
  const location = `${scheme}://${host}${encodeURI(shorter)}${query === '' ? '' : `?${query}`}`;
  return emptyAnswer(307, { location });
}

/** The decoded path, and what is behind the question mark. */
function parsed(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return [path.includes('%') ? unescape(path) : path, mark < 0 ? '' : target.slice(mark + 1)];
}
