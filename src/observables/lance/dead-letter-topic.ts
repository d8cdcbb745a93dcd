import { Observable, Subscription } from 'rxjs';
import { RecordType } from '../../codecs/lance/record-type.js';
import type { TopicInfo } from '../../codecs/lance/topic-json.js';
import { encodeDeadLetter, type DeadLetter } from './dead-letter.js';
import { closedError, Outbox } from './outbox.js';
import type { OutboxPlan } from './outbox-plan.js';

/** A topic that dead letters are written to; it is made, and its connection opened, with the first letter. */
export class DeadLetterTopic {
  private readonly outbox: Outbox;
  private isThere = false;

  constructor(
    private readonly name: string,
    private readonly ensure: Observable<TopicInfo>,
    plan: OutboxPlan,
  ) {
    // What waits here is held by the windows of the streams it comes from.
    this.outbox = new Outbox({ ...plan, bufferBytes: Number.MAX_SAFE_INTEGER }, {});
  }

  /** Completes when the letter is acknowledged. */
  write(letter: DeadLetter): Observable<bigint> {
    return new Observable((subscriber) => {
      const append = (): void => {
        const text = Buffer.from(encodeDeadLetter(letter));
        this.outbox.append(this.name, RecordType.Json, text, {
          acked: (batchId) => {
            subscriber.next(batchId);
            subscriber.complete();
          },
          rejected: (error) => subscriber.error(error),
        });
      };
      if (this.isThere) return append();
      const use = new Subscription();
      use.add(
        this.ensure.subscribe({
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            this.isThere = true;
            // Outside of the subscription, so that what the outbox refuses is an error of the letter.
            try {
              append();
            } catch (error) {
              subscriber.error(error);
            }
          },
        }),
      );
      return use;
    });
  }

  close(): void {
    this.outbox.close(closedError());
  }
}
