import { closeSync, openSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from '../../../codecs/checksum/crc32.js';
import { EndsJournal, type NotedEnd } from './ends-journal.js';
import { ENDS_FILE, segmentFile, type StoredLog } from './file-log.js';
import { onDisk, readFully } from './files.js';
import type { Segment } from './segments.js';
import type { TopicFacts } from './topic-file.js';

/** A topic's data as it is found, and how many bytes behind its valid end were cut off. */
export interface RecoveredLog {
  readonly stored: StoredLog;
  readonly cutBytes: number;
}

interface DataFile {
  readonly number: number;
  readonly path: string;
  bytes: number;
  readonly changedAtMs: number;
}

/**
 * Finds where a topic ends after its server has ended, however that was: at the newest end that was noted and whose data
 * is there. What stands behind it was never acknowledged, and may be a part of something.
 */
export function recoverLog(folder: string, head: TopicFacts['head']): RecoveredLog {
  return onDisk(folder, () => {
    const ends = EndsJournal.read(join(folder, ENDS_FILE));
    const files = dataFilesIn(folder).filter((file) => !isForgotten(file, head));
    const end = ends.find((candidate) => isTrue(candidate, files));
    // Without any end the journal itself is lost; then there is no better guess than everything.
    const cutBytes = end === undefined ? 0 : cut(files, end);
    const numbers = [...files.map(({ number }) => number), ...ends.map(({ segment }) => segment), head?.segment ?? 0];
    const segments = segmentsOf(files.filter(({ bytes }) => bytes > 0));
    const [first] = segments;
    const skipped = first !== undefined && head?.segment === first.number ? Math.min(head.skipped, first.end) : 0;
    return {
      stored: {
        segments,
        nextNumber: Math.max(0, ...numbers) + 1,
        lastSequence: ends[0]?.sequence ?? 0,
        skipped,
      },
      cutBytes,
    };
  });
}

function dataFilesIn(folder: string): DataFile[] {
  const files: DataFile[] = [];
  for (const name of readdirSync(folder)) {
    const number = Number.parseInt(name, 10);
    if (name !== segmentFile(number)) continue;
    const path = join(folder, name);
    const { size: bytes, mtimeMs: changedAtMs } = statSync(path);
    files.push({ number, path, bytes, changedAtMs });
  }
  return files.sort((a, b) => a.number - b.number);
}

function isForgotten({ number, path }: DataFile, head: TopicFacts['head']): boolean {
  if (head === undefined || number >= head.segment) return false;
  rmSync(path, { force: true });
  return true;
}

/** Whether everything up to this end is there. */
function isTrue({ segment, from, end, dataCrc }: NotedEnd, files: readonly DataFile[]): boolean {
  const file = files.find(({ number }) => number === segment);
  // Retention deletes what is oldest.
  if (file === undefined) return end === 0 || segment < (files[0]?.number ?? Number.POSITIVE_INFINITY);
  return end <= file.bytes && from <= end && crcOf(file.path, from, end) === dataCrc;
}

function crcOf(path: string, from: number, to: number): number {
  const fd = openSync(path, 'r');
  try {
    const part = Buffer.allocUnsafe(Math.min(to - from, 1 << 20));
    let crc = 0;
    for (let at = from; at < to; at += part.length) {
      const bytes = part.subarray(0, Math.min(part.length, to - at));
      readFully(fd, bytes, at);
      crc = crc32(bytes, crc);
    }
    return crc;
  } finally {
    closeSync(fd);
  }
}

/** Removes everything behind `end`; returns how many bytes that was. */
function cut(files: DataFile[], { segment, end }: NotedEnd): number {
  let cutBytes = 0;
  for (const file of files) {
    if (file.number < segment) continue;
    const kept = file.number === segment ? end : 0;
    cutBytes += file.bytes - kept;
    if (kept === 0) rmSync(file.path);
    else if (kept < file.bytes) truncateSync(file.path, kept);
    file.bytes = kept;
  }
  return cutBytes;
}

function segmentsOf(files: readonly DataFile[]): Segment[] {
  let start = 0;
  return files.map(({ number, bytes, changedAtMs }) => {
    const segment = { number, start, end: start + bytes, closedAtMs: changedAtMs };
    start = segment.end;
    return segment;
  });
}
