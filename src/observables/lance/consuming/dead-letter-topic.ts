import { Observable, type Subscription } from 'rxjs';
import type { LanceError } from '../../../codecs/lance/errors.js';
import { RecordType } from '../../../codecs/lance/record-type.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { clock } from '../../../foundation/clock.js';
import { encodeDeadLetter, type DeadLetter } from './dead-letter.js';
import { closedError, Outbox } from '../producing/outbox.js';
import type { OutboxPlan } from '../producing/outbox-plan.js';

/** How long a connection stays open that no letter needs. */
const IDLE_MS = 1_000;

/**
 * A topic that dead letters are written to; it is made, and a connection opened, with the first letter, and closed when
 * no more come. A server that is away for a while is waited for, as with any other record.
 */
export class DeadLetterTopic {
  private readonly plan: OutboxPlan;
  private outbox: Outbox | undefined;
  /** Letters that are waited for. */
  private pending = 0;
  private idle: Subscription | undefined;
  /** Makes the topic; it tries again for a while. */
  private ensuring: Subscription | undefined;

  constructor(
    private readonly name: string,
    ensure: Observable<TopicInfo>,
    plan: OutboxPlan,
  ) {
    this.plan = {
      ...plan,
      // A letter keeps its place in the window of its stream: it does not wait for company.
      lingerMs: 0,
      // What waits here is held by the windows of the streams it comes from.
      bufferBytes: Number.MAX_SAFE_INTEGER,
      resolve: (_topic, found, failed) => {
        this.ensuring = ensure.subscribe({ next: ({ id }) => found(id), error: (error: LanceError) => failed(error) });
      },
    };
  }

  /** Completes when the letter is acknowledged. One that nobody waits for keeps nothing open: its delivery comes again. */
  write(letter: DeadLetter): Observable<bigint> {
    return new Observable((subscriber) => {
      const outbox = this.begin();
      subscriber.add(() => this.done());
      outbox.append(this.name, RecordType.Json, Buffer.from(encodeDeadLetter(letter)), subscriber);
    });
  }

  close(): void {
    const { outbox } = this;
    this.idle?.unsubscribe();
    this.ensuring?.unsubscribe();
    this.outbox = undefined;
    outbox?.close(closedError());
  }

  private begin(): Outbox {
    this.pending++;
    this.idle?.unsubscribe();
    this.outbox ??= new Outbox(this.plan, {});
    return this.outbox;
  }

  private done(): void {
    this.pending--;
    if (this.pending === 0 && this.outbox !== undefined) this.idle = clock.after(IDLE_MS, () => this.close());
  }
}
