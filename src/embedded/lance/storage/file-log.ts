import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from '../../../codecs/checksum/crc32.js';
import { EndsJournal } from './ends-journal.js';
import { onDisk, type OpenFiles } from './files.js';
import { Segments, type Segment } from './segments.js';
import type { SyncGroup } from './sync-group.js';
import { MOST_FROM_DISK, type ClosedSegment, type TopicLog } from './topic-log.js';

/** What there is of a topic on disk. */
export interface StoredLog {
  /** Oldest first, all of them closed, at absolute positions from 0 on. */
  readonly segments: readonly Segment[];
  readonly nextNumber: number;
  readonly lastSequence: number;
  /** How many bytes of the first segment are forgotten. */
  readonly skipped: number;
}

/** What a topic's files are called in its folder. */
export const ENDS_FILE = 'ends';
export function segmentFile(number: number): string {
  return `${String(number).padStart(10, '0')}.data`;
}

/** A topic in a folder: its bytes, as they were sent, in files; written when they come, noted before they are revealed. */
export class FileLog implements TopicLog {
  readonly #folder: string;
  readonly #files: OpenFiles;
  readonly #segments: Segments;
  readonly #journal: EndsJournal;
  readonly #sync: SyncGroup | undefined;
  readonly #saveHead: () => void;
  #base: number;
  #end: number;
  #visible: number;
  /** What has been noted, and the checksum of what has come since. */
  #noted: number;
  #dataCrc = 0;
  #gone = false;

  /** `saveHead` is called when {@link head} is to be kept. */
  constructor(
    folder: string,
    files: OpenFiles,
    segmentBytes: number,
    stored: StoredLog,
    sync: SyncGroup | undefined,
    saveHead: () => void,
  ) {
    this.#folder = folder;
    this.#files = files;
    this.#segments = new Segments(segmentBytes, stored.segments, stored.nextNumber);
    this.#journal = new EndsJournal(files, join(folder, ENDS_FILE), stored.lastSequence);
    this.#sync = sync;
    this.#saveHead = saveHead;
    this.#base = stored.skipped;
    this.#end = this.#visible = this.#noted = this.#segments.last?.end ?? 0;
  }

  get length(): number {
    return this.#visible - this.#base;
  }

  get closed(): ClosedSegment[] {
    return this.#segments.closedFrom(this.#base);
  }

  get closings(): number {
    return this.#segments.closings;
  }

  /** Where the oldest byte retained is, if not at the beginning of a segment. */
  get head(): { readonly segment: number; readonly skipped: number } | undefined {
    const first = this.#segments.first;
    if (first === undefined || this.#base === first.start) return undefined;
    return { segment: first.number, skipped: this.#base - first.start };
  }

  append(bytes: Uint8Array): number {
    if (this.#gone) return this.#end;
    const segment = this.#segments.room(this.#end, bytes.length);
    // The checksum is of the last file only: those before it are never cut.
    const anew = segment.end === segment.start || this.#noted === this.#end;
    this.#write(segment, bytes);
    this.#dataCrc = crc32(bytes, anew ? 0 : this.#dataCrc);
    segment.end += bytes.length;
    this.#end = segment.end;
    return this.#end;
  }

  reveal(end: number): void {
    if (this.#gone || end <= this.#visible) return;
    // Whatever else was written meanwhile is whole, too.
    if (end > this.#noted) {
      const from = Math.max(this.#noted, this.#segments.last?.start ?? 0);
      // Nothing has come to the last file yet if the disk is full: the checksum is of the one before.
      this.#note(from, from === this.#end ? 0 : this.#dataCrc);
    }
    this.#visible = Math.min(end, this.#end);
  }

  sync(then: (failure?: unknown) => void): void {
    if (this.#sync === undefined || this.#gone) return then();
    this.#sync.sync(then);
  }

  slices(start: number, count: number): Uint8Array[] {
    if (count === 0 || this.#gone) return [];
    const bytes = Buffer.allocUnsafeSlow(Math.min(count, MOST_FROM_DISK));
    const from = this.#base + start;
    const to = from + bytes.length;
    for (const segment of this.#segments.overlapping(from, to)) {
      const first = Math.max(from, segment.start);
      const target = bytes.subarray(first - from, Math.min(to, segment.end) - from);
      this.#files.read(this.#pathOf(segment), target, first - segment.start);
    }
    return [bytes];
  }

  trimHead(count: number): void {
    this.#base += Math.min(count, this.length);
    const gone = this.#segments.dropBefore(this.#base);
    try {
      if (this.head !== undefined) this.#saveHead();
    } finally {
      // Nobody else knows of them; on a full disk they are the room that is needed.
      for (const segment of gone) this.#remove(segment);
    }
  }

  truncate(length: number): void {
    const end = this.#base + Math.min(length, this.length);
    const gone = this.#segments.cutAt(end);
    const last = this.#segments.last;
    this.#end = this.#visible = end;
    // Noted first: cut without that, a file does not reach the end noted last, and what counts then is an earlier one.
    this.#note(end, 0);
    if (last !== undefined) this.#files.truncate(this.#pathOf(last), last.end - last.start);
    for (const segment of gone) this.#remove(segment);
  }

  roll(): void {
    this.#segments.roll();
  }

  /** It is deleted, or somebody else's: nothing that comes later does anything. */
  dispose(): void {
    this.#gone = true;
    this.closeFiles();
  }

  /** They are opened again when they are used. */
  closeFiles(): void {
    for (const segment of this.#segments.overlapping(0, Number.POSITIVE_INFINITY))
      this.#files.forget(this.#pathOf(segment));
    this.#files.forget(this.#journal.path);
  }

  #write(segment: Segment, bytes: Uint8Array): void {
    const path = this.#pathOf(segment);
    const at = segment.end - segment.start;
    if (at === 0) this.#sync?.touchFolder(this.#folder);
    this.#sync?.touch(path);
    try {
      this.#files.write(path, bytes, at);
    } catch (error) {
      // What is there of it must not stand before what comes next.
      this.#files.truncate(path, at);
      throw error;
    }
  }

  #note(from: number, dataCrc: number): void {
    const last = this.#segments.last;
    const start = last?.start ?? this.#end;
    const segment = last?.number ?? 0;
    this.#sync?.touch(this.#journal.path);
    this.#journal.note({ segment, from: from - start, end: this.#end - start, dataCrc });
    this.#noted = this.#end;
  }

  #remove(segment: Segment): void {
    const path = this.#pathOf(segment);
    this.#files.forget(path);
    onDisk(path, () => rmSync(path, { force: true }));
  }

  #pathOf(segment: Segment): string {
    return join(this.#folder, segmentFile(segment.number));
  }
}
