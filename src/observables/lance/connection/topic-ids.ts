import type { Subscription } from 'rxjs';
import type { LanceError } from '../../../codecs/lance/errors.js';
import { clock } from '../../../foundation/clock.js';
import type { TopicRef } from './topic-ref.js';

/** How the ids of topics are found. */
export interface TopicLookup {
  resolve(topic: TopicRef, found: (id: number) => void, failed: (error: LanceError) => void): void;
  /** An id is there, or is worth asking for again: whoever still wants one asks. */
  changed(): void;
  /** Asking again would not help. */
  failed(topic: TopicRef, error: LanceError): void;
}

/** What failed for a passing reason is worth asking for again after this pause. */
const RETRY_MS = 100;

/** The ids of topics that are asked for by name, each looked up once per connection and only while someone asks. */
export class TopicIds {
  /** Why the last lookup failed, if it did. */
  lastError: LanceError | undefined;
  private readonly ids = new Map<TopicRef, number>();
  /** Under way, or failed a moment ago. */
  private readonly asked = new Set<TopicRef>();
  private readonly failed = new Set<TopicRef>();
  private retry: Subscription | undefined;
  private connection = 0;
  private stopped = false;

  constructor(private readonly lookup: TopicLookup) {}

  /** The id; if it is not known, it is asked for. */
  idOf(topic: TopicRef): number | undefined {
    if (typeof topic === 'number') return topic;
    const id = this.ids.get(topic);
    if (id === undefined && !this.asked.has(topic)) this.ask(topic);
    return id;
  }

  /** Its id is being asked for, or will be after a pause: `changed` follows. */
  isAsked(topic: TopicRef): boolean {
    return this.asked.has(topic);
  }

  forget(topic: TopicRef): void {
    this.ids.delete(topic);
  }

  /** Ids may have changed with whatever ended the connection, answers that are on their way included. */
  clear(): void {
    this.connection++;
    this.ids.clear();
  }

  stop(): void {
    this.stopped = true;
    this.retry?.unsubscribe();
  }

  private ask(topic: TopicRef): void {
    const { connection } = this;
    this.asked.add(topic);
    this.lookup.resolve(
      topic,
      (id) => {
        this.asked.delete(topic);
        this.lastError = undefined;
        if (connection === this.connection) this.ids.set(topic, id);
        this.lookup.changed();
      },
      (error) => {
        if (this.stopped) return;
        if (error.retryable) {
          this.lastError = error;
          this.failed.add(topic);
          this.retry ??= clock.after(RETRY_MS, () => this.again());
        } else {
          this.asked.delete(topic);
          this.lookup.failed(topic, error);
        }
      },
    );
  }

  private again(): void {
    this.retry = undefined;
    for (const topic of this.failed) this.asked.delete(topic);
    this.failed.clear();
    this.lookup.changed();
  }
}
