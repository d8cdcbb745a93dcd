import { ErrorText, invalidTopicNameText, topicExistsText } from '../../codecs/lance/error-texts.js';
import { MAX_TOPIC_NAME_BYTES } from '../../codecs/lance/topic-name.js';
import { clock } from '../../foundation/clock.js';
import { cutAsGenuineRecovery } from './recovery-cut.js';
import type { Topic, TopicRetention, TopicStorage } from './storage/topic-storage.js';

const STRICT_NAME = /^[A-Za-z0-9-]+$/;
const LENIENT_NAME = /^[A-Za-z0-9_-]+$/;

/** A create that was refused, with what the server says about it. */
export interface Refusal {
  readonly refused: string;
}

/** How they differ from those of the genuine server. */
export interface TopicRules {
  /** Allows `_` in names. */
  readonly lenientNames: boolean;
  /** Loses at a restart what the genuine server loses. */
  readonly recoveryCuts: boolean;
}

/** The order of checks is that of section 14.3. */
export interface Creating {
  readonly retention?: TopicRetention | undefined;
  /** What is said to an empty name. */
  readonly textIfEmpty?: string | undefined;
}

/**
 * All topics by id and by name. Ids start at 1 and are not reused before a restart, or before a client has seen that there
 * are no topics. The storage is opened when the first one looks, who may then be told by an error that it can't be.
 */
export class Topics {
  readonly #byId = new Map<number, Topic>();
  readonly #byName = new Map<string, Topic>();
  readonly #valid: RegExp;
  readonly #recoveryCuts: boolean;
  readonly storage: TopicStorage;
  #open = false;
  #nextId = 1;

  constructor({ lenientNames, recoveryCuts }: TopicRules, storage: TopicStorage) {
    this.#valid = lenientNames ? LENIENT_NAME : STRICT_NAME;
    this.#recoveryCuts = recoveryCuts;
    this.storage = storage;
  }

  /** Makes sure that the storage can be used. The counter of ids goes on behind the highest one that exists (section 2.8). */
  open(): this {
    if (this.#open) return this;
    const topics = this.storage.open();
    this.#open = true;
    try {
      if (this.#recoveryCuts) for (const { log } of topics) cutAsGenuineRecovery(log);
    } catch (error) {
      this.close();
      throw error;
    }
    for (const topic of topics) this.#add(topic);
    this.#nextId = 1 + Math.max(0, ...this.#byId.keys());
    return this;
  }

  /** As at the end of a process: what is there afterwards is what the storage has kept. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#byId.clear();
    this.#byName.clear();
    this.storage.close();
  }

  /** Makes a topic. */
  create(name: string, { retention, textIfEmpty = ErrorText.topicNameRequired }: Creating = {}): Topic | Refusal {
    this.open();
    if (name === '') return { refused: textIfEmpty };
    if (this.#byName.has(name)) return { refused: topicExistsText(name) };
    if (!this.#valid.test(name)) return { refused: invalidTopicNameText(name) };
    const id = this.#nextId++;
    // The genuine server notices only when the directory can't be made, after the id was taken (trap T 67).
    if (name.length > MAX_TOPIC_NAME_BYTES) return { refused: ErrorText.topicNameTooLong };
    // A clock that was never set may stand before 1970, for which the wire has no number.
    const createdAtSecs = Math.max(0, Math.floor(clock.date() / 1000));
    const topic = this.storage.create(id, name, createdAtSecs, retention);
    this.#add(topic);
    return topic;
  }

  /** An id that nobody gets. */
  skipId(): void {
    this.#nextId++;
  }

  /** Throws `StorageError`; then the topic has the retention that it had. */
  setRetention(topic: Topic, retention: TopicRetention): void {
    const before = topic.retention;
    topic.retention = retention;
    try {
      this.storage.save(topic);
    } catch (error) {
      topic.retention = before;
      throw error;
    }
  }

  delete(id: number): boolean {
    const topic = this.get(id);
    if (topic === undefined) return false;
    this.storage.delete(topic);
    this.#byId.delete(id);
    this.#byName.delete(topic.name);
    return true;
  }

  get(id: number): Topic | undefined {
    if (!this.#open) this.open();
    return this.#byId.get(id);
  }

  named(name: string): Topic | undefined {
    return this.open().#byName.get(name);
  }

  /** What a client that asks for them gets. The genuine server, finding none, starts from its empty disk: at id 1 again. */
  list(): Iterable<Topic> {
    this.open();
    if (this.#byId.size === 0) this.#nextId = 1;
    return this.#byId.values();
  }

  [Symbol.iterator](): Iterator<Topic> {
    return this.open().#byId.values();
  }

  #add(topic: Topic): void {
    this.#byId.set(topic.id, topic);
    this.#byName.set(topic.name, topic);
  }
}
