import { clock } from '../../foundation/clock.js';
import { ClosedError } from '../../foundation/errors.js';
import type { HttpEvents, HttpRequest, Requester } from '../../transports/http/requester.js';

/** One client's part of a requester that several use: closing it ends the exchanges of this client only. */
export class SharedRequester implements Requester {
  private readonly mine = new Set<() => void>();
  private closed = false;

  constructor(private readonly requester: Requester) {}

  get origin(): string {
    return this.requester.origin;
  }

  request(request: HttpRequest, events: HttpEvents): () => void {
    const fail = (): void => {
      const timer = clock.after(0, () => events.failed(this.error()));
      leave = () => timer.unsubscribe();
    };
    let leave = (): void => {};
    if (this.closed) {
      fail();
      return () => leave();
    }
    const callOff = this.requester.request(request, {
      answered: (answer) => {
        this.mine.delete(cut);
        events.answered(answer);
      },
      failed: (error) => {
        this.mine.delete(cut);
        events.failed(error);
      },
    });
    const cut = (): void => {
      callOff();
      fail();
    };
    leave = () => {
      this.mine.delete(cut);
      callOff();
    };
    this.mine.add(cut);
    return () => leave();
  }

  close(): void {
    this.closed = true;
    for (const cut of this.mine) cut();
    this.mine.clear();
  }

  private error(): ClosedError {
    return new ClosedError(`${this.origin}: the requester is closed`, { context: { address: this.origin } });
  }
}
