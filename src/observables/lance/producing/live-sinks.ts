import { Observable } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import { tellOwner } from '../../../transports/owner.js';
import { clientClosed } from '../connection/errors.js';

/** A sink that somebody is subscribed to. */
export interface LiveSink {
  /** Takes nothing more from its source; ends when what it has taken is settled. */
  stop(): void;
  /** Ends at once. */
  abandon(): void;
}

/** The sinks of a client that are under way. */
export class LiveSinks {
  private readonly sinks = new Set<LiveSink>();
  /** Those who wait until there are none. */
  private readonly closing = new Set<() => void>();
  private isClosed = false;

  /**
   * A sink begins; the returned function is called when it is over.
   * @throws {@link ConnectionError} when the client has been closed.
   */
  began(sink: LiveSink): () => void {
    if (this.isClosed) throw clientClosed();
    this.sinks.add(sink);
    return () => {
      this.sinks.delete(sink);
      if (this.sinks.size === 0) for (const over of this.closing) tellOwner(over);
    };
  }

  /** Stops all; completes when they are over, at the latest after `deadlineMs`. No other begins any more. */
  close(deadlineMs: number): Observable<never> {
    return new Observable((subscriber) => {
      this.isClosed = true;
      for (const sink of [...this.sinks]) tellOwner(() => sink.stop());
      if (this.sinks.size === 0) return subscriber.complete();
      const over = (): void => subscriber.complete();
      this.closing.add(over);
      const deadline = clock.after(deadlineMs, () => {
        for (const sink of [...this.sinks]) tellOwner(() => sink.abandon());
      });
      deadline.add(() => this.closing.delete(over));
      return deadline;
    });
  }
}
