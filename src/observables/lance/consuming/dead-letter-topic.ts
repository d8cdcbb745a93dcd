import { Observable } from 'rxjs';
import type { LanceError } from '../../../codecs/lance/errors.js';
import { RecordType } from '../../../codecs/lance/record-type.js';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { encodeDeadLetter, type DeadLetter } from './dead-letter.js';
import { closedError, Outbox } from '../producing/outbox.js';
import type { OutboxPlan } from '../producing/outbox-plan.js';

/**
 * A topic that dead letters are written to; it is made, and its connection opened, with the first letter. A server that
 * is away for a while is waited for, as with any other record.
 */
export class DeadLetterTopic {
  private readonly outbox: Outbox;

  constructor(
    private readonly name: string,
    ensure: Observable<TopicInfo>,
    plan: OutboxPlan,
  ) {
    this.outbox = new Outbox(
      {
        ...plan,
        // What waits here is held by the windows of the streams it comes from.
        bufferBytes: Number.MAX_SAFE_INTEGER,
        resolve: (_topic, found, failed) => {
          ensure.subscribe({ next: ({ id }) => found(id), error: (error: LanceError) => failed(error) });
        },
      },
      {},
    );
  }

  /** Completes when the letter is acknowledged. */
  write(letter: DeadLetter): Observable<bigint> {
    return new Observable((subscriber) => {
      this.outbox.append(this.name, RecordType.Json, Buffer.from(encodeDeadLetter(letter)), {
        acked: (batchId) => {
          subscriber.next(batchId);
          subscriber.complete();
        },
        rejected: (error) => subscriber.error(error),
      });
    });
  }

  close(): void {
    this.outbox.close(closedError());
  }
}
