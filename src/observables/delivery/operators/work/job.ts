import type { Unsubscribable } from 'rxjs';
import type { AnyDelivery } from '../../types.js';

/** What a handler is told beside the value. */
export interface WorkContext<D> {
  readonly delivery: D;
  /** 1 for the first try; counts deliveries and retries. */
  readonly attempt: number;
  /** Aborts when the delivery is lost, this try has timed out, or the stream was left. Made when read. */
  readonly signal: AbortSignal;
}

/** What went wrong; `isFinal` if no retry can help. */
export interface Failure {
  readonly error: unknown;
  readonly isFinal: boolean;
}

/** A try that did not end at once. Until it does it has a slot, even if nobody waits for it any more. */
export class Run {
  hasSlot = true;
  /** Its end means nothing any more. */
  over = false;
}

/** One try at a delivery on its way through `work`, and the context of its handler; a retry is a job of its own. */
export class Job<D extends AnyDelivery> implements WorkContext<D> {
  /** The next in the line it stands in. */
  behind: Job<D> | undefined = undefined;
  key: unknown = undefined;
  /** It is the one of its key that is under way. */
  hasKey = false;
  run: Run | undefined = undefined;
  /** The inner subscription of a try that is an Observable. */
  inner: Unsubscribable | undefined = undefined;
  /** The timeout of a try, or the pause before it. */
  timer: Unsubscribable | undefined = undefined;
  /** Waits for its turn in the only slot there is. */
  keepsSlot = false;
  over = false;
  /** One for all tries: however many there are, the delivery keeps only the last. */
  watched: { job: Job<D> } | undefined = undefined;
  /** What went wrong before the handler could be called. */
  failure: Failure | undefined = undefined;
  private controller: AbortController | undefined = undefined;

  constructor(
    readonly delivery: D,
    readonly attempt: number,
    private readonly watch: (job: Job<D>) => void,
  ) {}

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.over) this.controller.abort();
      else this.watch(this);
    }
    return this.controller.signal;
  }

  /** Tells the handler that nobody waits for it. */
  abort(): void {
    this.over = true;
    this.controller?.abort();
  }

  /** The next try of the same delivery. */
  again(): Job<D> {
    const next = new Job(this.delivery, this.attempt + 1, this.watch);
    next.key = this.key;
    next.hasKey = this.hasKey;
    next.failure = this.failure;
    next.watched = this.watched;
    if (next.watched !== undefined) next.watched.job = next;
    this.hasKey = false;
    this.over = true;
    return next;
  }

  cancelTimer(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
  }
}
