import { TopicNotFoundError } from '../../codecs/lance/errors.js';
import { backpressureFrame } from '../../codecs/lance/frames.js';
import { errorResponse } from '../../codecs/lance/replies.js';
import type { ServerEnd, ServerEvents } from '../../transports/server-end.js';
import type { ClusterPlace } from './cluster.js';
import { Commits } from './commits.js';
import { Conversation } from './conversation.js';
import { Tally } from './counters.js';
import { LanceFaults, type FaultTarget } from './faults.js';
import { resolveBehaviour, type LanceBehaviour, type ResolvedBehaviour } from './options.js';
import { ReadLimiter } from './read-limiter.js';
import type { TokenGate } from './token-gate.js';
import { Retention } from './retention.js';
import { storageOf } from './storage/storage-options.js';
import type { Topic, TopicRetention, TopicStorage } from './storage/topic-storage.js';
import { Topics } from './topics.js';
import { UnreadReplies } from './unread-replies.js';

/**
 * A Lance server without a transport: bytes and the clock in, bytes out. Topics, committed offsets and
 * faults are the server's; everything else belongs to one {@link Conversation}.
 */
export class LanceCore implements FaultTarget {
  readonly behaviour: ResolvedBehaviour;
  readonly topics: Topics;
  /** By topic id and consumer id; never checked against anything, and gone after a restart (trap T 16). */
  readonly commits = new Commits();
  readonly faults = new LanceFaults(this);
  readonly tally = new Tally();
  readonly retention: Retention;
  readonly gate: TokenGate;
  readonly limiter: ReadLimiter | undefined;
  readonly unread = new UnreadReplies();
  cluster: ClusterPlace;
  #running = false;
  readonly #conversations = new Set<Conversation>();

  constructor(behaviour: LanceBehaviour = {}, storage: TopicStorage = storageOf({})) {
    this.behaviour = resolveBehaviour(behaviour);
    this.topics = new Topics(this.behaviour, storage);
    this.retention = new Retention(this.topics, this.behaviour.retentionSweepMs);
    this.gate = this.behaviour.gate;
    this.cluster = this.behaviour.cluster;
    const { maxReadBytesPerSec } = this.behaviour;
    this.limiter = maxReadBytesPerSec === undefined ? undefined : new ReadLimiter(maxReadBytesPerSec);
  }

  /** A client has come. The server says nothing first. */
  accept(end: ServerEnd): ServerEvents {
    const conversation = new Conversation(this, end);
    this.#conversations.add(conversation);
    this.tally.connections.total++;
    this.tally.connections.open++;
    if (this.faults.takeRefusal()) conversation.drop();
    return conversation;
  }

  /** A conversation is over. */
  left(conversation: Conversation): void {
    if (this.#conversations.delete(conversation)) this.tally.connections.open--;
  }

  /** An ErrorResponse, counted. */
  error(text: string): Uint8Array {
    this.tally.errors++;
    return errorResponse(text);
  }

  dropConnections(): void {
    for (const conversation of this.#conversations) conversation.drop();
  }

  sendBackpressure(): void {
    for (const conversation of this.#conversations) conversation.send(backpressureFrame());
  }

  trimTopic(name: string, bytes: number): void {
    this.topicNamed(name).log.trimHead(bytes);
  }

  truncateTopic(name: string, length: number): void {
    this.topicNamed(name).log.truncate(length);
  }

  /** The topic of this name. Throws {@link TopicNotFoundError}. */
  topicNamed(name: string): Topic {
    const topic = this.topics.named(name);
    if (topic !== undefined) return topic;
    throw new TopicNotFoundError(`no topic ${JSON.stringify(name)}`, { context: { topic: name } });
  }

  /** Puts bytes at the end of a topic; returns what to reveal. */
  append({ log, retention }: Topic, bytes: Uint8Array): number {
    const { closings } = log;
    try {
      return log.append(bytes);
    } finally {
      // Also if there was no room for a new segment: the one before is closed, and may make some.
      if (retention !== undefined && log.closings !== closings) this.retention.arm();
    }
  }

  setRetention(topic: Topic, retention: TopicRetention): void {
    this.topics.setRetention(topic, retention);
    this.retention.arm();
  }

  /** The process begins, if it has not. Throws `StorageError`. */
  begin(): void {
    if (this.#running) return;
    this.topics.open();
    this.retention.begin();
    this.#running = true;
  }

  /** The process ends: connections and committed offsets are lost, topics and their data are not. */
  end(): void {
    this.#running = false;
    this.retention.end();
    this.dropConnections();
    this.commits.clear();
    this.topics.close();
  }
}
