import { ErrorText, invalidTopicNameText, topicExistsText } from '../../codecs/lance/error-texts.js';
import { MAX_TOPIC_NAME_BYTES } from '../../codecs/lance/topic-name.js';
import { clock } from '../../foundation/clock.js';
import { TopicLog } from './topic-log.js';

const STRICT_NAME = /^[A-Za-z0-9-]+$/;
const LENIENT_NAME = /^[A-Za-z0-9_-]+$/;

/** One topic as the server keeps it. */
export interface Topic {
  readonly id: number;
  readonly name: string;
  /** Unix seconds, as on the wire. */
  readonly createdAtSecs: number;
  readonly log: TopicLog;
}

/** A create that was refused, with what the server says about it. */
export interface Refusal {
  readonly refused: string;
}

/** All topics by id and by name. Ids start at 1 and are not reused before a restart. */
export class Topics {
  readonly #byId = new Map<number, Topic>();
  readonly #byName = new Map<string, Topic>();
  readonly #valid: RegExp;
  #nextId = 1;

  constructor(lenientNames: boolean) {
    this.#valid = lenientNames ? LENIENT_NAME : STRICT_NAME;
  }

  /** Makes a topic; checks in the order of section 14.3. */
  create(name: string, textIfEmpty: string = ErrorText.topicNameRequired): Topic | Refusal {
    if (name === '') return { refused: textIfEmpty };
    if (this.#byName.has(name)) return { refused: topicExistsText(name) };
    if (!this.#valid.test(name)) return { refused: invalidTopicNameText(name) };
    const id = this.#nextId++;
    // The genuine server notices only when the directory can't be made, after the id was taken (trap T 67).
    if (name.length > MAX_TOPIC_NAME_BYTES) return { refused: ErrorText.topicNameTooLong };
    const topic = { id, name, createdAtSecs: Math.floor(clock.date() / 1000), log: new TopicLog() };
    this.#byId.set(id, topic);
    this.#byName.set(name, topic);
    return topic;
  }

  /** The counter goes on behind the highest id that exists: that of a deleted newest topic is given out again (section 2.8). */
  restart(): void {
    this.#nextId = 1;
    for (const id of this.#byId.keys()) this.#nextId = Math.max(this.#nextId, id + 1);
  }

  delete(id: number): boolean {
    const topic = this.#byId.get(id);
    if (topic === undefined) return false;
    this.#byId.delete(id);
    return this.#byName.delete(topic.name);
  }

  get(id: number): Topic | undefined {
    return this.#byId.get(id);
  }

  named(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  [Symbol.iterator](): Iterator<Topic> {
    return this.#byId.values();
  }
}
