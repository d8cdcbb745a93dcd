import type { Subscription } from 'rxjs';
import type { LanceError } from '../../codecs/lance/errors.js';
import { clock } from '../../foundation/clock.js';
import type { TopicRef } from './topic-ref.js';

/** How the ids of topics are found. */
export interface TopicLookup {
  resolve(topic: TopicRef, found: (id: number) => void, failed: (error: LanceError) => void): void;
  /** An id is there now. */
  found(): void;
  /** Asking again would not help. */
  failed(topic: TopicRef, error: LanceError): void;
}

/** A lookup that failed for a passing reason is repeated after this pause. */
const RETRY_MS = 100;

/** The ids of topics that are asked for by name, each looked up once per connection. */
export class TopicIds {
  /** Why the last lookup failed. */
  lastError: LanceError | undefined;
  private readonly ids = new Map<TopicRef, number>();
  private readonly asking = new Set<TopicRef>();
  private retry: Subscription | undefined;

  constructor(private readonly lookup: TopicLookup) {}

  /** The id, or undefined until `found` is called. */
  idOf(topic: TopicRef): number | undefined {
    if (typeof topic === 'number') return topic;
    const id = this.ids.get(topic);
    if (id === undefined && !this.asking.has(topic)) this.ask(topic);
    return id;
  }

  forget(topic: TopicRef): void {
    this.ids.delete(topic);
  }

  /** Ids may have changed with whatever ended the connection. */
  clear(): void {
    this.ids.clear();
  }

  stop(): void {
    this.retry?.unsubscribe();
  }

  private ask(topic: TopicRef): void {
    this.asking.add(topic);
    this.lookup.resolve(
      topic,
      (id) => {
        this.asking.delete(topic);
        this.ids.set(topic, id);
        this.lookup.found();
      },
      (error) => {
        if (!error.retryable) {
          this.asking.delete(topic);
          this.lookup.failed(topic, error);
          return;
        }
        this.lastError = error;
        this.retry = clock.after(RETRY_MS, () => this.ask(topic));
      },
    );
  }
}
