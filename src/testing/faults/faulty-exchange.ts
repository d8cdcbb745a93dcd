import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import { reportOwnerError } from '../../transports/owner.js';
import type { HttpAnswer, HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';
import { corrupted, type FrameFault, type Trouble } from './trouble.js';

/** What an exchange needs to know of its requester. */
export interface ExchangeSurroundings {
  readonly inner: Requester;
  readonly trouble: Trouble;
  /** Keeps an answer back until another one has passed, which `overtaken` is told, or `withinMs` are over. */
  holdBack(withinMs: number, answer: () => void, overtaken: () => void): void;
  /** An answer has passed. */
  passed(): void;
  /** The exchange is over for both sides. */
  over(exchange: FaultyExchange): void;
}

/** One exchange on which trouble may come. */
export class FaultyExchange {
  readonly #around: ExchangeSurroundings;
  #events: HttpEvents | undefined;
  /** Calls off what has been asked of the server. */
  #leave: (() => void) | undefined;
  #timer: Subscription | undefined;
  /** What the timer waits for; it can be had at once. */
  #next: (() => void) | undefined;
  #isSilent = false;

  constructor(around: ExchangeSurroundings, events: HttpEvents) {
    this.#around = around;
    this.#events = events;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  send(request: HttpRequest): void {
    const bytes = bytesOf(request.body);
    const fault = this.#around.trouble.take('sent', fits(bytes))?.fault;
    if (fault?.kind === 'dropFrame') return;
    const damaged = fault?.kind === 'corrupt' ? { ...request, body: corrupted(fault, bytes) } : request;
    this.#travel(bytes.length, () => {
      this.#ask(damaged);
      // Nobody waits for the answer to the second one.
      if (fault?.kind === 'duplicate') this.#around.inner.request(damaged, { answered() {}, failed() {} });
    });
  }

  callOff(): void {
    this.#events = undefined;
    this.#halt();
    // A server that has fallen silent does not hear of it.
    if (!this.#isSilent) this.#end();
  }

  /** The answer never comes, whatever the server does. */
  fallSilent(): void {
    this.#isSilent = true;
    this.#halt();
  }

  /** There is no answer: whoever asked is told on the next turn, the server that its client has left. */
  fail(error: SluiceError): void {
    this.#isSilent = false;
    this.#halt();
    this.#leave?.();
    this.#leave = undefined;
    if (this.#events === undefined) this.#end();
    else this.#timer = clock.after(0, () => this.#tell((events) => events.failed(error)));
  }

  /** What is on its way comes on the next turn. */
  hurry(): void {
    const next = this.#next;
    if (next === undefined) return;
    this.#halt();
    this.#timer = clock.after(0, next);
  }

  #ask(request: HttpRequest): void {
    this.#leave = this.#around.inner.request(request, {
      answered: (answer) => this.#answered(answer),
      failed: (error) => {
        this.#leave = undefined;
        if (this.#hears) this.#travel(0, () => this.#tell((events) => events.failed(error)));
      },
    });
  }

  #answered(answer: HttpAnswer): void {
    this.#leave = undefined;
    if (!this.#hears) return;
    const waiting = this.#around.trouble.take('received', fits(answer.body));
    const fault = waiting?.fault;
    if (fault?.kind === 'dropFrame') return;
    const come = fault?.kind === 'corrupt' ? { ...answer, body: corrupted(fault, answer.body) } : answer;
    const arrive = (): void => this.#arrive(come);
    this.#travel(answer.body.length, () => {
      if (waiting?.fault.kind === 'reorder') this.#around.holdBack(waiting.fault.withinMs, arrive, waiting.met);
      else arrive();
    });
  }

  #arrive(answer: HttpAnswer): void {
    if (!this.#hears) return;
    this.#tell((events) => events.answered(answer));
    this.#around.passed();
  }

  get #hears(): boolean {
    return this.#events !== undefined && !this.#isSilent;
  }

  #travel(bytes: number, then: () => void): void {
    const { trouble } = this.#around;
    const readsMs = Math.floor(bytes / trouble.bytesPerMs);
    const takesMs = trouble.delayMs + readsMs;
    if (takesMs === 0) return then();
    if (trouble.delayMs > 0) trouble.felt('delay');
    if (readsMs > 0) trouble.felt('slowReader');
    this.#next = () => {
      this.#timer = this.#next = undefined;
      then();
    };
    this.#timer = clock.after(takesMs, this.#next);
  }

  #halt(): void {
    this.#timer?.unsubscribe();
    this.#timer = this.#next = undefined;
  }

  #tell(event: (events: HttpEvents) => void): void {
    const events = this.#events;
    if (events === undefined) return;
    this.#events = undefined;
    this.#end();
    try {
      event(events);
    } catch (error) {
      reportOwnerError(error);
    }
  }

  #end(): void {
    this.#leave?.();
    this.#leave = undefined;
    this.#around.over(this);
  }
}

/** There is nothing to damage where there are no bytes. */
function fits(bytes: Uint8Array): (fault: FrameFault) => boolean {
  return ({ kind }) => kind !== 'corrupt' || bytes.length > 0;
}

function bytesOf(body: HttpRequest['body']): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array(0));
}
