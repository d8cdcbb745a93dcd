import { Observable } from 'rxjs';
import { parseBody } from '../../codecs/lightning/json.js';
import type { StoreRequest } from '../../codecs/lightning/requests/store-request.js';
import { ClosedError, InvalidOptionError } from '../../foundation/errors.js';
import type { HttpRequest } from '../../transports/http/requester.js';
import { StoreCall, type CallEvents } from '../../transports/lightning/store-call.js';
import type { StorePlan } from './client-options.js';

/** How often a call may be made: `'again'` by the rules of retrying, `'once'` where a second time would do harm. */
export type Times = 'again' | 'once';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** A store as Observables: each request a cold one. */
export class Store {
  private readonly calls = new Set<CallEvents>();
  private closedBy: ClosedError | undefined;

  constructor(private readonly plan: StorePlan) {}

  /** Such as `http://127.0.0.1:4747`. */
  get origin(): string {
    return this.plan.requester.origin;
  }

  /** Asks once per subscription, emits what came back, completes. Unsubscribing calls the exchange off. */
  command<T>(request: StoreRequest<T>, times: Times = 'again'): Observable<T> {
    return new Observable((subscriber) => {
      if (this.closedBy !== undefined) {
        subscriber.error(this.closedBy);
        return;
      }
      const events: CallEvents = {
        answered: ({ body }) => {
          let value: T;
          try {
            value = request.read(parseBody(body));
          } catch (error) {
            subscriber.error(error);
            return;
          }
          // Who closes the client on having a value has it: this command is over.
          this.calls.delete(events);
          subscriber.next(value);
          subscriber.complete();
        },
        failed: (error) => subscriber.error(error),
      };
      const call = new StoreCall(this.plan, this.encode(request), events, times === 'once');
      this.calls.add(events);
      call.start();
      return () => {
        this.calls.delete(events);
        call.stop();
      };
    });
  }

  /** For good: what is under way errors, and so does what is asked for later. */
  close(): void {
    if (this.closedBy !== undefined) return;
    this.closedBy = new ClosedError('the client has been closed');
    for (const call of [...this.calls]) call.failed(this.closedBy);
    this.plan.requester.close();
  }

  private encode({ method, path, body }: StoreRequest<unknown>): HttpRequest {
    const place = { method, path: `${this.plan.basePath}${path}` };
    if (body === undefined) return place;
    try {
      return { ...place, headers: JSON_HEADERS, body: JSON.stringify(body) };
    } catch (error) {
      // A bigint, a cycle, or what a toJSON of the user's throws.
      throw new InvalidOptionError('body', String(error), `of ${method} ${path} must be JSON`);
    }
  }
}
