import { MemoryBudget } from './memory-budget.js';
import { MemoryLog } from './memory-log.js';
import { SpillFile } from './spill-file.js';
import type { Topic, TopicRetention, TopicStorage } from './topic-storage.js';

interface MemoryTopic extends Topic {
  readonly log: MemoryLog;
}

/** Topics in memory, for as long as the object lives. */
export class MemoryStorage implements TopicStorage {
  readonly budget: MemoryBudget;
  readonly recovery = undefined;
  readonly syncs = false;
  readonly #segmentBytes: number;
  readonly #topics = new Map<number, MemoryTopic>();

  /** `memoryBytes` may be Infinity. */
  constructor(memoryBytes: number, segmentBytes: number) {
    this.budget = new MemoryBudget(memoryBytes, () => new SpillFile());
    this.#segmentBytes = segmentBytes;
  }

  open(): Topic[] {
    return [...this.#topics.values()];
  }

  create(id: number, name: string, createdAtSecs: number, retention: TopicRetention | undefined): Topic {
    const topic = { id, name, createdAtSecs, retention, log: new MemoryLog(this.budget, this.#segmentBytes) };
    this.#topics.set(id, topic);
    return topic;
  }

  save(): void {}

  delete({ id }: Topic): void {
    this.#topics.get(id)?.log.dispose();
    this.#topics.delete(id);
  }

  close(): void {
    for (const { log } of this.#topics.values()) log.roll();
  }
}
