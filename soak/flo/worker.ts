import { map, NEVER, switchMap, timer, type Observable, type Subscription } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { FloClient, type FloClientOptions, type MessagesOptions } from '../../src/flo.js';
import { retryBackoff, text, work, type DeliveryStream } from '../../src/index.js';
import { isPoison } from '../book.js';
import type { Dice } from '../dice.js';

const FAILS = 0.02;
/** So many handlers never end: their leases are renewed until they may not be any longer. */
const HANGS = 0.005;
const TRIES = 4;

export interface WorkerPlan {
  readonly queue: string;
  readonly client: FloClientOptions;
  readonly messages: Omit<MessagesOptions, 'codec'>;
  readonly concurrency: number;
  /** Whether messages have keys, by which they are worked on one after the other. */
  readonly keys: boolean;
  handled(id: number): void;
  /** The stream has ended by itself. */
  ended(error: unknown): void;
}

/** A program that works on the messages of a queue. */
export class Worker {
  readonly stream: DeliveryStream<string>;
  private readonly client: FloClient;
  private working: Subscription | undefined;

  constructor(
    private readonly plan: WorkerPlan,
    private readonly dice: Dice,
  ) {
    this.client = new FloClient('memory:9000', plan.client);
    this.stream = this.client.queue.messages(plan.queue, { ...plan.messages, codec: text() });
    this.work();
  }

  /** Unsubscribes in the middle of its work, and subscribes again. */
  leaveFor(pauseMs: number): void {
    this.working?.unsubscribe();
    clock.after(pauseMs, () => this.work());
  }

  close(then: () => void): void {
    this.client.close({ deadlineMs: 10_000 }).subscribe(then);
  }

  private work(): void {
    if (this.working?.closed === false) return;
    const { concurrency, keys, ended } = this.plan;
    const handled = this.stream.pipe(
      work((value) => this.handle(Number(value)), {
        concurrency,
        ...(keys ? { by: (value: string) => Number(value) % 5 } : {}),
        onError: { retry: { maxAttempts: TRIES, initialMs: 100, maxMs: 2_000 }, then: 'dead' },
      }),
      retryBackoff({ maxMs: 5_000 }),
    );
    this.working = handled.subscribe({ error: ended });
  }

  private handle(id: number): Observable<void> {
    return timer(this.dice.about(1_500)).pipe(
      switchMap((moment) => (this.dice.chance(HANGS) ? NEVER : [moment])),
      map(() => {
        if (isPoison(id)) throw new Error('poison');
        if (this.dice.chance(FAILS)) throw new Error('no luck');
        this.plan.handled(id);
      }),
    );
  }
}
