import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { StorageError } from '../../errors.js';
import { onDisk } from './files.js';
import type { TopicRetention } from './topic-storage.js';

/** What is kept of a topic beside its bytes. */
export interface TopicFacts {
  readonly id: number;
  readonly name: string;
  readonly createdAtSecs: number;
  readonly retention: TopicRetention | undefined;
  /** What is forgotten: so many bytes of this segment, and all before it. */
  readonly head: { readonly segment: number; readonly skipped: number } | undefined;
}

/** Replaces the file in one go: it is either what it was or what it is to be. */
export function writeTopicFile(path: string, facts: TopicFacts, sync: boolean): void {
  const { id, name, createdAtSecs: createdAt, retention, head } = facts;
  const limits = retention && { maxAgeSecs: `${retention.maxAgeSecs}`, maxBytes: `${retention.maxBytes}` };
  onDisk(path, () => {
    const fd = openSync(`${path}.new`, 'w');
    try {
      writeFileSync(fd, `${JSON.stringify({ id, name, createdAt, retention: limits, head })}\n`);
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.new`, path);
  });
}

/** @throws StorageError if the file is not what was written. */
export function readTopicFile(path: string): TopicFacts {
  const parsed: unknown = onDisk(path, () => JSON.parse(readFileSync(path, 'utf8')));
  if (!isWritten(parsed)) throw new StorageError(`${path} does not describe a topic`, { context: { path } });
  const { id, name, createdAt: createdAtSecs, retention: limits, head } = parsed;
  const retention = limits && { maxAgeSecs: BigInt(limits.maxAgeSecs), maxBytes: BigInt(limits.maxBytes) };
  return { id, name, createdAtSecs, retention, head };
}

interface Written {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly retention?: { readonly maxAgeSecs: string; readonly maxBytes: string };
  readonly head?: { readonly segment: number; readonly skipped: number };
}

function isWritten(value: unknown): value is Written {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, createdAt, retention, head } = value as Partial<Record<keyof Written, unknown>>;
  return (
    isCount(id) &&
    typeof name === 'string' &&
    isCount(createdAt) &&
    (retention === undefined ||
      hasAll(retention, ['maxAgeSecs', 'maxBytes'], (limit) => /^\d+$/.test(String(limit)))) &&
    (head === undefined || hasAll(head, ['segment', 'skipped'], isCount))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function hasAll(value: unknown, names: readonly string[], isRight: (field: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => isRight(Reflect.get(value, name)));
}
