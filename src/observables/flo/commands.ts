import { Observable } from 'rxjs';
import type { FloCodec, Operation } from '../../codecs/flo/codec.js';
import { callOf } from '../../transports/flo/call.js';
import type { FloLink } from '../../transports/flo/flo-link.js';
import type { ClientPlan } from './client-options.js';

/** What an answer may take on its way beyond what the server was asked to wait (flo.md 1.6). */
const SLACK_MS = 1_000;

/** What one request needs beside its operation. */
export interface Asking<A> {
  /** Of the client, if left out. */
  readonly namespace?: string | undefined;
  /** How long the server is asked to wait; 0 by default. */
  readonly waitMs?: number | undefined;
  /** For what the server has handed out by an answer that nobody wants any more. */
  readonly giveBack?: (answer: A) => void;
}

/** Makes cold commands of operations: one request per subscription, one value, then done. */
export class Commands {
  constructor(
    readonly link: FloLink,
    private readonly plan: ClientPlan,
  ) {}

  get wire(): FloCodec {
    return this.plan.wire;
  }

  /** The payload of a request, in the client's namespace unless another is named. */
  encode<Q, A>(operation: Operation<Q, A>, request: Q, namespace?: string): Uint8Array {
    return operation.encodeRequest(namespace ?? this.plan.namespace, request);
  }

  /** How long an answer may take when the server is asked to wait. */
  patience(waitMs = 0): number {
    return this.plan.timeoutMs + (waitMs > 0 ? waitMs + SLACK_MS : 0);
  }

  /**
   * Who leaves before the request is sent has asked for nothing.
   * @throws InvalidOptionError or NotSupportedError at once, when the request does not fit this generation of the wire.
   */
  ask<Q, A>(operation: Operation<Q, A>, request: Q, asking: Asking<A> = {}): Observable<A> {
    const { namespace, waitMs, giveBack } = asking;
    const payload = this.encode(operation, request, namespace);
    const patienceMs = this.patience(waitMs);
    return new Observable((subscriber) =>
      this.link.send(
        callOf(operation, payload, patienceMs, {
          answered: (answer) => {
            if (subscriber.closed) return giveBack?.(answer);
            subscriber.next(answer);
            subscriber.complete();
          },
          failed: (error) => subscriber.error(error),
          late: (answer) => giveBack?.(answer),
        }),
      ),
    );
  }

  /** Sends a request whose outcome makes no difference any more. */
  tell<Q, A>(operation: Operation<Q, A>, payload: Uint8Array): void {
    this.link.send(callOf(operation, payload, this.patience(), { answered() {}, failed() {} }));
  }
}
