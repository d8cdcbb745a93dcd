/** A part of a topic that retention can delete: closed ones only, and whole. */
export interface ClosedSegment {
  readonly bytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly closedAtMs: number;
}

/**
 * One topic's byte string: append-only, in segments. What is appended can be read only after it was revealed, because a
 * fetch that arrives together with an ingest must still see the old end (section 1.3).
 * Positions count from the oldest byte still retained and are safe numbers.
 *
 * All of it may throw `StorageError`.
 */
export interface TopicLog {
  /** How many bytes readers can see, which is also the position of the next one. */
  readonly length: number;
  /** Segments that are complete, oldest first. */
  readonly closed: readonly ClosedSegment[];
  /** Rises whenever a segment is completed. */
  readonly closings: number;
  /** Puts `bytes` at the end; large ones may be kept and must never change again. Returns what to {@link reveal}. */
  append(bytes: Uint8Array): number;
  /** Lets readers see everything up to what {@link append} returned, which from now on survives whatever the log does. */
  reveal(end: number): void;
  /** Calls `then` once what was revealed survives the loss of power, too, or can't; at once if nobody asked for that. */
  sync(then: (failure?: unknown) => void): void;
  /**
   * The `count` bytes from position `start` on, in pieces. These bytes never change. Of what has to be read from the
   * disk, there are no more than {@link MOST_FROM_DISK}, the rest being left out.
   */
  slices(start: number, count: number): Uint8Array[];
  /** Forgets the oldest `count` bytes, as retention does: every later position moves down by as much. */
  trimHead(count: number): void;
  /** Cuts everything from position `length` on, as crash recovery does. */
  truncate(length: number): void;
  /** Closes the segment that is written to, as a restart does. */
  roll(): void;
}

/** How much of the disk is brought to memory at once: clients may ask for 4 GiB. */
export const MOST_FROM_DISK = 16 * 1024 * 1024;

/** Copies `count` bytes from position `start` on to `target` at `at`. */
export function copyFrom(log: TopicLog, start: number, count: number, target: Uint8Array, at = 0): void {
  for (let done = 0; done < count;) {
    for (const slice of log.slices(start + done, count - done)) {
      target.set(slice, at + done);
      done += slice.length;
    }
  }
}
