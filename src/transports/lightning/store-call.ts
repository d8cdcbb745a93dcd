import type { Subscription } from 'rxjs';
import { LightningTimeoutError } from '../../codecs/lightning/errors.js';
import { clock } from '../../foundation/clock.js';
import type { SluiceError } from '../../foundation/errors.js';
import type { HttpAnswer, HttpRequest, Requester } from '../http/requester.js';
import { failureOfAnswer, failureOfConnection, nameOf, type Failure } from './store-errors.js';

/** When the client asks again, in milliseconds (lightning.md 5.1). */
export interface RetryRules {
  /** The pause before each further attempt; empty: one attempt. */
  readonly retryDelaysMs: readonly number[];
  /** The pauses between probes of the server's health after a failure; empty: no probes. */
  readonly healthRetryDelaysMs: readonly number[];
  /** How long each exchange may take, a probe too. */
  readonly requestTimeoutMs: number;
}

/** What becomes of a call: one of the two, once, never inside `start`. */
export interface CallEvents {
  answered(answer: HttpAnswer): void;
  failed(error: SluiceError): void;
}

/** Where calls go. */
export interface StoreEnd {
  readonly requester: Requester;
  readonly rules: RetryRules;
  readonly healthPath: string;
}

/**
 * One call by the rules of lightning.md 5.2: after each failure that may pass, also the last, the server's health is
 * probed; a server that stays unhealthy gets no further attempt. `once` is for calls that must not happen twice.
 */
export class StoreCall {
  readonly #end: StoreEnd;
  readonly #request: HttpRequest;
  readonly #events: CallEvents;
  readonly #once: boolean;
  #attempts = 0;
  /** Ends what is under way: an exchange with its deadline, or a pause. */
  #stop: () => void = () => {};

  constructor(end: StoreEnd, request: HttpRequest, events: CallEvents, once: boolean) {
    this.#end = end;
    this.#request = request;
    this.#events = events;
    this.#once = once;
  }

  start(): void {
    this.#attempt();
  }

  /** Calls it off, silently. What is with the server already may still be done. */
  stop(): void {
    this.#stop();
  }

  #attempt(): void {
    this.#attempts += 1;
    this.#exchange(
      this.#request,
      (answer) => {
        const failure = failureOfAnswer(this.#request, answer);
        if (failure === undefined) this.#events.answered(answer);
        else this.#failed(failure);
      },
      (failure) => this.#failed(failure),
    );
  }

  #failed({ error, again }: Failure): void {
    if (!again || this.#once) this.#events.failed(error);
    else this.#probe(0, error);
  }

  /** Asks for the server's health until it is well or the pauses are used up. */
  #probe(probes: number, error: SluiceError): void {
    const pauses = this.#end.rules.healthRetryDelaysMs;
    if (pauses.length === 0) {
      this.#next(error);
      return;
    }
    const ill = (): void => {
      const pauseMs = pauses[probes];
      if (pauseMs === undefined) this.#events.failed(error);
      else this.#pause(pauseMs, () => this.#probe(probes + 1, error));
    };
    const health: HttpRequest = { method: 'GET', path: this.#end.healthPath };
    this.#exchange(health, ({ status }) => (status === 200 ? this.#next(error) : ill()), ill);
  }

  #next(error: SluiceError): void {
    const delayMs = this.#end.rules.retryDelaysMs[this.#attempts - 1];
    if (delayMs === undefined) this.#events.failed(error);
    else this.#pause(delayMs, () => this.#attempt());
  }

  #pause(ms: number, then: () => void): void {
    const pause = clock.after(ms, then);
    this.#stop = () => pause.unsubscribe();
  }

  #exchange(request: HttpRequest, answered: (answer: HttpAnswer) => void, failed: (failure: Failure) => void): void {
    const { requester, rules } = this.#end;
    let late: Subscription | undefined = undefined;
    const cancel = requester.request(request, {
      answered: (answer) => {
        late?.unsubscribe();
        answered(answer);
      },
      failed: (error) => {
        late?.unsubscribe();
        failed(failureOfConnection(error));
      },
    });
    late = clock.after(rules.requestTimeoutMs, () => {
      cancel();
      const name = nameOf(request);
      const context = { request: name, address: requester.origin, timeoutMs: rules.requestTimeoutMs };
      const message = `${requester.origin}: no answer to ${name} within ${rules.requestTimeoutMs} ms`;
      failed({ error: new LightningTimeoutError(message, { context }), again: true });
    });
    this.#stop = () => {
      late?.unsubscribe();
      cancel();
    };
  }
}
