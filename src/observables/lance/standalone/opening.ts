import { Observable } from 'rxjs';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import type { Place } from '../consuming/topic-link.js';
import { loadStart, resolveBounds, type Start } from '../consuming/start-position.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';
import { KeptOffset } from './kept-offset.js';
import type { StandalonePlan } from './standalone-options.js';
import { TopicReader, type TopicReaderPlan } from './topic-reader.js';

/** What a consumer is made of. */
export interface Opened {
  readonly reader: TopicReader;
  readonly kept: KeptOffset;
}

/** How a reader comes to its place. */
export interface OpeningPlan extends TopicReaderPlan, Pick<StandalonePlan, 'consumerName' | 'start'> {
  readonly store: OffsetStore;
}

/** Connects, finds the topic, and finds the place: a stored position, or the one that was asked for. The first attempt counts. */
export function opening(plan: OpeningPlan): Observable<Opened> {
  return new Observable((subscriber) => {
    const reader = new TopicReader(plan);
    const failed = (error: unknown): void => {
      reader.close();
      subscriber.error(error);
    };
    let isOpen = false;
    subscriber.add(() => {
      if (!isOpen) reader.close();
    });
    const ready = ({ session, topic }: Place): void => {
      const key = keyOf(plan, topic);
      const open = (position: number, start: Start): void => {
        isOpen = true;
        reader.seek(position);
        // Where the topic ends is elsewhere next time, and what came in between would be skipped.
        const kept = new KeptOffset(plan.store, key, start === 'end' ? undefined : position);
        subscriber.next({ reader, kept });
        subscriber.complete();
      };
      const from = (start: Start): void =>
        resolveBounds(session, topic.id, start, undefined, (position) => open(position, start), failed);
      subscriber.add(loadStart(plan.store, key, plan.start, from, failed));
    };
    reader.link.use({ ready, failed });
  });
}

function keyOf({ consumerName: consumer, topic }: OpeningPlan, { id: topicId, name, createdAt }: TopicInfo): OffsetKey {
  const key = { consumer, topicId, createdAt };
  return typeof topic === 'string' ? { ...key, topicName: name } : key;
}
