import { integerIn } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OptionNames } from '../../../foundation/known-options.js';
import { DataFolder } from './data-folder.js';
import { MemoryStorage } from './memory-storage.js';
import type { TopicStorage } from './topic-storage.js';

/** Where an embedded Lance server keeps its topics. */
export interface LanceStorageOptions {
  /**
   * The folder that topics are kept in; made if there is none. What was acknowledged survives a `SIGKILL`: at the next start
   * the server goes on with it. Default: none, topics are kept in memory, for as long as the server object lives.
   */
  readonly dataDir?: string | undefined;
  /**
   * With `dataDir`: acknowledges what has reached the disk itself, and so survives the loss of power, as the genuine
   * server does. Default false: the system may still hold it.
   */
  readonly fsync?: boolean | undefined;
  /**
   * Without `dataDir`: bytes of memory for all topics together, from 1 MiB; one payload may come on top. What was written
   * first then goes to a temporary file, which disappears with the process. Default 256 MiB; in memory channels: no limit.
   */
  readonly memoryBytes?: number | undefined;
  /** Bytes after which a topic begins a new segment, 1 KiB or more; retention deletes whole ones. Default 1 GiB. */
  readonly segmentBytes?: number | undefined;
}

/** Those that there are. */
export const STORAGE: OptionNames<LanceStorageOptions> = {
  dataDir: true,
  fsync: true,
  memoryBytes: true,
  segmentBytes: true,
};

const MIB = 1024 * 1024;

/**
 * The storage that was asked for; nothing is opened yet.
 *
 * @throws InvalidOptionError
 */
export function storageOf(options: LanceStorageOptions, defaultMemoryBytes = Number.POSITIVE_INFINITY): TopicStorage {
  const { dataDir, fsync, memoryBytes } = options;
  const segmentBytes = integerIn('segmentBytes', options.segmentBytes ?? 1024 * MIB, 1024, Number.MAX_SAFE_INTEGER);
  if (dataDir === undefined) {
    if (fsync) throw new InvalidOptionError('fsync', fsync, 'goes with dataDir');
    if (memoryBytes !== undefined) integerIn('memoryBytes', memoryBytes, MIB, Number.MAX_SAFE_INTEGER);
    return new MemoryStorage(memoryBytes ?? defaultMemoryBytes, segmentBytes);
  }
  if (typeof dataDir !== 'string' || dataDir === '') {
    throw new InvalidOptionError('dataDir', dataDir, 'must be the path of a folder');
  }
  if (fsync !== undefined && typeof fsync !== 'boolean') {
    throw new InvalidOptionError('fsync', fsync, 'must be true or false');
  }
  if (memoryBytes !== undefined) {
    throw new InvalidOptionError('memoryBytes', memoryBytes, 'is for topics in memory, and there is a dataDir');
  }
  return new DataFolder(dataDir, segmentBytes, fsync ?? false);
}
