import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StorageError } from '../../errors.js';
import { EndsJournal } from './ends-journal.js';
import { ENDS_FILE, FileLog, type StoredLog } from './file-log.js';
import { onDisk, OpenFiles } from './files.js';
import { FolderLock, isLockFile } from './folder-lock.js';
import { makeFolder } from './make-folder.js';
import { recoverLog } from './recover-log.js';
import { SyncGroup } from './sync-group.js';
import { readTopicFile, writeTopicFile, type TopicFacts } from './topic-file.js';
import type { LanceRecovery, Topic, TopicRetention, TopicStorage } from './topic-storage.js';

const FORMAT = 'sluice lance data 1\n';
const FORMAT_FILE = 'format';
const TOPIC_FILE = 'topic.json';

interface FileTopic extends Topic {
  readonly log: FileLog;
}

/** Topics in a folder, one folder each, named by their ids. They survive the end of the process, however it ends. */
export class DataFolder implements TopicStorage {
  readonly path: string;
  readonly #segmentBytes: number;
  readonly #sync: SyncGroup | undefined;
  readonly #files = new OpenFiles();
  readonly #topics = new Map<number, FileTopic>();
  #lock: FolderLock | undefined;
  readonly syncs: boolean;
  recovery: LanceRecovery | undefined;

  constructor(path: string, segmentBytes: number, fsync: boolean) {
    this.syncs = fsync;
    this.path = resolve(path);
    this.#segmentBytes = segmentBytes;
    this.#sync = fsync ? new SyncGroup() : undefined;
  }

  open(): Topic[] {
    makeFolder(this.path);
    this.#lock = new FolderLock(this.path);
    try {
      claim(this.path);
      return this.#recover();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  create(id: number, name: string, createdAtSecs: number, retention: TopicRetention | undefined): Topic {
    const folder = this.#folderOf(id);
    const made = `${folder}.new`;
    const facts = { id, name, createdAtSecs, retention, head: undefined };
    onDisk(made, () => {
      rmSync(made, { recursive: true, force: true });
      mkdirSync(made, { recursive: true });
    });
    writeTopicFile(join(made, TOPIC_FILE), facts, this.#sync !== undefined);
    const ends = new EndsJournal(this.#files, join(made, ENDS_FILE));
    ends.note({ segment: 0, from: 0, end: 0, dataCrc: 0 });
    this.#files.forget(ends.path);
    onDisk(folder, () => renameSync(made, folder));
    this.#sync?.touchFolder(join(this.path, 'topics'));
    return this.#topic(facts, { segments: [], nextNumber: 1, lastSequence: 1, skipped: 0 });
  }

  save(topic: Topic): void {
    const head = topic.log instanceof FileLog ? topic.log.head : undefined;
    writeTopicFile(join(this.#folderOf(topic.id), TOPIC_FILE), { ...topic, head }, this.#sync !== undefined);
  }

  delete({ id }: Topic): void {
    const log = this.#topics.get(id)?.log;
    const folder = this.#folderOf(id);
    const gone = `${folder}.gone`;
    log?.closeFiles();
    onDisk(folder, () => renameSync(folder, gone));
    log?.dispose();
    this.#topics.delete(id);
    try {
      rmSync(gone, { recursive: true, force: true });
    } catch {
      // It has been deleted; the next start clears it away.
    }
  }

  close(): void {
    for (const { log } of this.#topics.values()) log.dispose();
    this.#topics.clear();
    this.#files.close();
    this.#lock?.release();
    this.#lock = undefined;
  }

  #recover(): Topic[] {
    let bytes = 0;
    let cutBytes = 0;
    const root = join(this.path, 'topics');
    for (const name of onDisk(root, () => (existsSync(root) ? readdirSync(root) : []))) {
      const folder = join(root, name);
      // A topic that was being made or deleted.
      if (/^\d+\.(new|gone)$/.test(name)) onDisk(folder, () => rmSync(folder, { recursive: true, force: true }));
      if (!/^\d+$/.test(name)) continue;
      const facts = readTopicFile(join(folder, TOPIC_FILE));
      const found = recoverLog(folder, facts.head);
      bytes += this.#topic(facts, found.stored).log.length;
      cutBytes += found.cutBytes;
    }
    this.recovery = { path: this.path, topics: this.#topics.size, bytes, cutBytes };
    return [...this.#topics.values()].sort((a, b) => a.id - b.id);
  }

  #topic(facts: TopicFacts, stored: StoredLog): FileTopic {
    const { id, name, createdAtSecs, retention } = facts;
    const folder = this.#folderOf(id);
    const log = new FileLog(folder, this.#files, this.#segmentBytes, stored, this.#sync, () => this.save(topic));
    const topic: FileTopic = { id, name, createdAtSecs, retention, log };
    this.#topics.set(id, topic);
    return topic;
  }

  #folderOf(id: number): string {
    return join(this.path, 'topics', String(id));
  }
}

/** Makes an empty folder ours, also one where there was no room for saying so; one that holds anything else stays as it is. */
function claim(folder: string): void {
  const path = join(folder, FORMAT_FILE);
  const format = onDisk(path, () => (existsSync(path) ? readFileSync(path, 'utf8') : ''));
  if (format === FORMAT) return;
  const others = onDisk(folder, () => readdirSync(folder)).filter((name) => name !== FORMAT_FILE && !isLockFile(name));
  if (FORMAT.startsWith(format) && others.length === 0) return onDisk(path, () => writeFileSync(path, FORMAT));
  throw new StorageError(`${folder} holds something else than the data of an embedded Lance server`, {
    context: { path: folder },
  });
}
