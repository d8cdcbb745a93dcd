import { catchError, concatMap, map, Observable, throwError } from 'rxjs';
import { ProtocolError, TopicAlreadyExistsError } from '../../../codecs/lance/errors.js';
import {
  createTopicRequest,
  createTopicWithRetentionRequest,
  deleteTopicRequest,
  listTopicsRequest,
  setRetentionRequest,
} from '../../../codecs/lance/requests.js';
import {
  decodeDeleted,
  decodeRetentionSet,
  decodeTopic,
  decodeTopicList,
  type TopicInfo,
} from '../../../codecs/lance/topic-json.js';
import { checkTopicName } from '../../../codecs/lance/topic-name.js';
import { pausesOf, type ReconnectOptions } from '../../../transports/reconnect.js';
import { retryBackoff } from '../../retry/retry-backoff.js';
import type { Control } from './control.js';
import { retentionOf, wireRetention, type RetainedTopic, type Retention, type RetentionLimits } from './retention.js';
import { checkTopicRef, namingTopic, resolveTopic, type TopicRef } from './topic-ref.js';

/** As many attempts as can be counted. */
const MOST = 2 ** 31 - 1;

/** The commands that make, find, limit and delete topics (lance.md 2.7). */
export class TopicCommands {
  constructor(private readonly control: Control) {}

  create(name: string): Observable<TopicInfo> {
    checkTopicName(name);
    return this.control.topicCommand(() => createTopicRequest(name), decodeTopic);
  }

  createWithRetention(name: string, limits: RetentionLimits): Observable<RetainedTopic> {
    checkTopicName(name);
    const { maxAgeSecs, maxBytes } = wireRetention('createTopicWithRetention', limits);
    return this.control.topicCommand(
      () => createTopicWithRetentionRequest(name, maxAgeSecs, maxBytes),
      (text) => {
        const { retention, ...topic } = decodeTopic(text);
        if (retention !== undefined) return { ...topic, retention: retentionOf(retention) };
        throw new ProtocolError('the reply says nothing of the retention', { context: { text } });
      },
    );
  }

  /** What fails for a passing reason is tried again for a while, with the pauses of reconnects. */
  ensure(name: string, { maxAttempts = Infinity, ...pauses }: ReconnectOptions, forMs: number): Observable<TopicInfo> {
    return this.create(name).pipe(
      catchError((error: unknown) =>
        error instanceof TopicAlreadyExistsError ? this.find(name) : throwError(() => error),
      ),
      retryBackoff({ ...pausesOf(pauses), maxAttempts: Math.min(maxAttempts + 1, MOST), maxElapsedMs: forMs }),
    );
  }

  list(): Observable<TopicInfo[]> {
    return this.control.topicCommand(listTopicsRequest, decodeTopicList);
  }

  get(topic: TopicRef): Observable<TopicInfo> {
    return this.find(checkTopicRef(topic));
  }

  delete(topic: TopicRef): Observable<number> {
    return this.withId(topic, (id) => this.control.topicCommand(() => deleteTopicRequest(id), decodeDeleted));
  }

  setRetention(topic: TopicRef, limits: RetentionLimits): Observable<Retention> {
    const { maxAgeSecs, maxBytes } = wireRetention('setRetention', limits);
    return this.withId(topic, (id) =>
      this.control.topicCommand(
        () => setRetentionRequest(id, maxAgeSecs, maxBytes),
        (text) => retentionOf(decodeRetentionSet(text)),
      ),
    );
  }

  /** A command that needs the id of a topic; a name is looked up first. */
  withId<T>(topic: TopicRef, command: (id: number) => Observable<T>): Observable<T> {
    checkTopicRef(topic);
    if (typeof topic === 'number') {
      return command(topic).pipe(catchError((error: unknown) => throwError(() => namingTopic(topic, error))));
    }
    return this.find(topic).pipe(
      map(({ id }) => id),
      concatMap(command),
    );
  }

  private find(ref: TopicRef): Observable<TopicInfo> {
    return new Observable((subscriber) => {
      const found = (topic: TopicInfo): void => {
        subscriber.next(topic);
        subscriber.complete();
      };
      return resolveTopic(this.control, ref, found, (error) => subscriber.error(error));
    });
  }
}
