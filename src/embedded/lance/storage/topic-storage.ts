import type { TopicLog } from './topic-log.js';

/** What is deleted, and when, as on the wire; 0 means everything that can be deleted (section 7.9). */
export interface TopicRetention {
  readonly maxAgeSecs: bigint;
  readonly maxBytes: bigint;
}

/** One topic as the server keeps it. */
export interface Topic {
  readonly id: number;
  readonly name: string;
  /** Unix seconds, as on the wire. */
  readonly createdAtSecs: number;
  retention: TopicRetention | undefined;
  readonly log: TopicLog;
}

/** What a server found in its data folder. */
export interface LanceRecovery {
  /** Of the folder, absolute. */
  readonly path: string;
  readonly topics: number;
  /** Of all topics together. */
  readonly bytes: number;
  /** How much was cut off behind that: it was never acknowledged, and may have been incomplete. */
  readonly cutBytes: number;
}

/** Where a server keeps its topics. All of it may throw `StorageError`. */
export interface TopicStorage {
  /** Everything that is there, as it is after a restart, oldest topic first. Nothing else works before, nor after `close`. */
  open(): Topic[];
  create(id: number, name: string, createdAtSecs: number, retention: TopicRetention | undefined): Topic;
  /** A topic has a new retention. */
  save(topic: Topic): void;
  delete(topic: Topic): void;
  close(): void;
  /** Whether logs have to {@link TopicLog.sync} before anything is acknowledged. */
  readonly syncs: boolean;
  /** What was there when it was opened last; undefined if it outlives nothing. */
  readonly recovery: LanceRecovery | undefined;
}
