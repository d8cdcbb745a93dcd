import type { Observable } from 'rxjs';
import type { InMemoryLightningServer } from '../../../src/embedded/lightning/in-memory-lightning-server.js';
import type { HttpAnswer, HttpRequest, Requester } from '../../../src/transports/http/requester.js';
import type { SluiceError } from '../../../src/foundation/errors.js';
import type { LightningRig, LightningWire } from '../../../src/testing.js';
import { clock } from '../../../src/foundation/clock.js';

/** What became of one exchange, and when. */
export class Outcome {
  status: number | undefined;
  json: unknown;
  contentType: string | undefined;
  error: SluiceError | undefined;
  atMs: number | undefined;
  readonly callOff: () => void;

  constructor(requester: Requester, request: HttpRequest) {
    this.callOff = requester.request(request, {
      answered: (answer) => this.#answered(answer),
      failed: (error) => {
        this.error = error;
        this.atMs = clock.now();
      },
    });
    if (this.over) throw new Error('told inside request()');
  }

  get over(): boolean {
    return this.atMs !== undefined;
  }

  #answered({ status, contentType, body }: HttpAnswer): void {
    this.status = status;
    this.contentType = contentType;
    const text = Buffer.from(body).toString();
    this.json = contentType === 'application/json' ? JSON.parse(text) : text;
    this.atMs = clock.now();
  }
}

export function post(requester: Requester, path: string, body?: unknown): Outcome {
  const headers = { 'Content-Type': 'application/json' };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  return new Outcome(requester, { method: 'POST', path: `/v1/agl${path}`, ...sent });
}

export function get(requester: Requester, path: string): Outcome {
  return new Outcome(requester, { method: 'GET', path: `/v1/agl${path}` });
}

/** What tests use of a rig: the store, a requester for it, and the wire between them. */
export function reach({ server, requester, wire }: LightningRig): {
  server: InMemoryLightningServer;
  requester: Requester;
  wire: LightningWire;
} {
  return { server, requester: requester(), wire };
}

/** The value of an observable that emits at once. */
export function now<T>(source: Observable<T>): T {
  const values: T[] = [];
  source.subscribe((value) => values.push(value));
  const [value] = values;
  if (values.length !== 1) throw new Error(`${values.length} values instead of one`);
  return value as T;
}
