import { errorFromText } from '../../codecs/lance/error-from-text.js';
import { integerIn } from '../../foundation/check.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { ClusterPlace, type LanceCluster } from './cluster.js';
import { LanceCore } from './core.js';
import type { LanceCounters } from './counters.js';
import type { LanceFaults } from './faults.js';
import type { LanceBehaviour } from './options.js';
import { copyFrom } from './storage/topic-log.js';
import type { Topic, TopicStorage } from './storage/topic-storage.js';

/** A topic of an embedded server, as it is now. */
export interface HostedTopic {
  readonly id: number;
  readonly name: string;
  /** Milliseconds since the Unix epoch, a whole second. */
  readonly createdAtMs: number;
  /** Bytes of data, which is also the position of its end. */
  readonly byteLength: number;
}

/** What every embedded Lance server offers beside its wire: a look inside, and misfortune on demand. */
export abstract class HostedLance {
  protected readonly core: LanceCore;

  constructor(behaviour: LanceBehaviour, storage: TopicStorage) {
    this.core = new LanceCore(behaviour, storage);
  }

  /** What clients are given: `host:port`, an IPv6 address in brackets. */
  abstract get address(): string;

  /** Where it is, for logs: what it holds is asked for by name. */
  toJSON(): { address: string } {
    return { address: this.address };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected(this.constructor.name, this.toJSON(), how);
  }

  /** Makes things go wrong. */
  get faults(): LanceFaults {
    return this.core.faults;
  }

  /** What the server has seen and done so far; the object goes on counting. */
  get counters(): LanceCounters {
    return this.core.tally;
  }

  /** All topics, oldest first. */
  get topics(): HostedTopic[] {
    return Array.from(this.core.topics, shown);
  }

  /** The topic of this name, or undefined. */
  topic(name: string): HostedTopic | undefined {
    const topic = this.core.topics.named(name);
    return topic && shown(topic);
  }

  /**
   * Makes the server answer as a node of a cluster from now on; undefined: as a standalone server. Connections stay.
   *
   * @throws InvalidOptionError
   * @example
   * import { LanceServer } from 'sluice/embedded';
   * const server = new LanceServer();
   * server.setCluster({ role: 'follower', leaderAddr: '127.0.0.1:1992' });
   */
  setCluster(cluster: LanceCluster | undefined): void {
    this.core.cluster = new ClusterPlace(cluster);
  }

  /**
   * Makes a topic without a client.
   *
   * @throws TopicAlreadyExistsError, InvalidTopicNameError, StorageError
   */
  createTopic(name: string): HostedTopic {
    const topic = this.core.topics.create(name);
    if ('refused' in topic) throw errorFromText(topic.refused, { topic: name });
    return shown(topic);
  }

  /**
   * Appends bytes to a topic without a client, visible at once; makes the topic if there is none of this name. Pieces
   * of 64 KiB and more are kept, not copied, and must not change afterwards: appending one piece of 1 MiB two thousand
   * times makes a topic of 2 GB in 1 MiB of memory. Returns the position of the topic's end.
   *
   * @throws InvalidTopicNameError, StorageError
   */
  append(name: string, bytes: Uint8Array): number {
    if (this.core.topics.named(name) === undefined) this.createTopic(name);
    const topic = this.core.topicNamed(name);
    topic.log.reveal(this.core.append(topic, bytes));
    return topic.log.length;
  }

  /**
   * A copy of a topic's data from position `start` up to `end` (default: all of it).
   *
   * @throws TopicNotFoundError, StorageError, InvalidOptionError if a position lies outside of the data
   */
  read(name: string, start = 0, end?: number): Uint8Array {
    const { log } = this.core.topicNamed(name);
    const until = integerIn('end', end ?? log.length, 0, log.length);
    const from = integerIn('start', start, 0, until);
    const bytes = new Uint8Array(until - from);
    copyFrom(log, from, bytes.length, bytes);
    return bytes;
  }
}

function shown({ id, name, createdAtSecs, log }: Topic): HostedTopic {
  return { id, name, createdAtMs: createdAtSecs * 1000, byteLength: log.length };
}
