import { map, timer, type Observable, type Subscription } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { records, retryBackoff, work, type DeliveryStream } from '../../src/index.js';
import { LanceClient, type ConsumeOptions, type LanceClientOptions, type RecordBatch } from '../../src/lance.js';
import { isPoison } from '../book.js';
import type { Dice } from '../dice.js';

/** Bad luck of a handler; with so many tries nobody innocent dies of it. */
const FAILS = 0.02;
const TRIES = 6;

export interface ConsumerPlan {
  readonly topic: string;
  readonly client: LanceClientOptions;
  readonly consume: ConsumeOptions;
  /** Works on whole batches instead of records. */
  readonly asBatches: boolean;
  readonly concurrency: number;
  handled(id: number): void;
  /** The stream ended by itself. */
  ended(how: string): void;
}

/** A program that reads a topic from where it was left, and handles each record as well as it can. */
export class Consumer {
  readonly stream: DeliveryStream<RecordBatch>;
  private readonly client: LanceClient;
  private reading: Subscription | undefined;

  constructor(
    private readonly plan: ConsumerPlan,
    private readonly dice: Dice,
  ) {
    this.client = new LanceClient(plan.client);
    this.stream = this.client.consume(plan.topic, plan.consume);
    this.read();
  }

  /** Unsubscribes in the middle of its work, and subscribes again. */
  leaveFor(pauseMs: number): void {
    this.reading?.unsubscribe();
    clock.after(pauseMs, () => this.read());
  }

  close(then: () => void): void {
    this.client.close({ deadlineMs: 10_000 }).subscribe(then);
  }

  private read(): void {
    if (this.reading?.closed === false) return;
    const { asBatches, concurrency, ended } = this.plan;
    const onError = { retry: { maxAttempts: TRIES, initialMs: 100, maxMs: 1_000 }, then: 'dead' } as const;
    const options = { concurrency, onError };
    const handled: Observable<unknown> = asBatches
      ? this.stream.pipe(work((batch) => this.handle(idsIn(batch)), options))
      : this.stream.pipe(
          records(),
          work((record) => this.handle([idOf(record.text())]), options),
        );
    this.reading = handled.pipe(retryBackoff({ maxMs: 5_000 })).subscribe({
      error: (error: unknown) => ended(String(error)),
    });
  }

  private handle(ids: readonly number[]): Observable<void> {
    return timer(this.dice.about(100)).pipe(
      map(() => {
        if (ids.some(isPoison)) throw new Error('poison');
        if (this.dice.chance(FAILS)) throw new Error('no luck');
        for (const id of ids) this.plan.handled(id);
      }),
    );
  }
}

const idsIn = (batch: RecordBatch): number[] => Array.from({ length: batch.length }, (_, i) => idOf(batch.text(i)));

/** A record is its id, a space, and filler. */
export const idOf = (text: string): number => Number.parseInt(text, 10);
