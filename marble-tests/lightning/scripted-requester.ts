import type { Subscription } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import { AnswerCutOffError } from '../../src/transports/http/errors.js';
import type { HttpEvents, HttpRequest, Requester } from '../../src/transports/http/requester.js';

/** What the server does about one request. */
export type Scripted =
  | {
      readonly status: number;
      /** As JSON; a string is sent as it is. */
      readonly body?: unknown;
      readonly contentType?: string;
      readonly afterMs?: number;
    }
  | 'refused'
  | 'cut off'
  | 'silent';

/** A request as it was sent. */
export interface Asked {
  readonly atMs: number;
  /** Such as `GET /v1/agl/health`. */
  readonly name: string;
  readonly request: HttpRequest;
  /** The body as JSON. */
  readonly body: unknown;
}

/** A server that does what a function says, at once unless told otherwise. */
export class ScriptedRequester implements Requester {
  readonly origin = 'http://scripted';
  readonly asked: Asked[] = [];
  /** The names of the exchanges that were called off while they were under way. */
  readonly calledOff: string[] = [];
  closed = false;

  constructor(private readonly script: (asked: Asked) => Scripted) {}

  request(request: HttpRequest, events: HttpEvents): () => void {
    const name = `${request.method} ${request.path}`;
    const { body } = request;
    const asked = { atMs: clock.now(), name, request, body: typeof body === 'string' ? JSON.parse(body) : undefined };
    this.asked.push(asked);
    const scripted = this.script(asked);
    let over = false;
    const once = (tell: () => void) => (): void => {
      over = true;
      tell();
    };
    const answering = this.answer(scripted, once, events);
    return () => {
      if (over) return;
      over = true;
      this.calledOff.push(name);
      answering?.unsubscribe();
    };
  }

  close(): void {
    this.closed = true;
  }

  get names(): string[] {
    return this.asked.map(({ name }) => name);
  }

  private answer(
    scripted: Scripted,
    once: (tell: () => void) => () => void,
    events: HttpEvents,
  ): Subscription | undefined {
    if (scripted === 'silent') return undefined;
    if (scripted === 'refused') {
      const error = ChannelError.of(this.origin, { code: 'ECONNREFUSED', syscall: 'connect' });
      return clock.after(
        0,
        once(() => events.failed(error)),
      );
    }
    if (scripted === 'cut off') {
      return clock.after(
        0,
        once(() => events.failed(new AnswerCutOffError(this.origin))),
      );
    }
    const { status, body = '', contentType = 'application/json', afterMs = 0 } = scripted;
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    return clock.after(
      afterMs,
      once(() => events.answered({ status, contentType, body: bytes })),
    );
  }
}
