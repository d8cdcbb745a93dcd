import { clock } from '../../../foundation/clock.js';

/** What a stream has done so far, over all its sessions. */
export interface ConsumeMetrics {
  /** Everything below is settled; undefined until the first session has found its place. */
  readonly position: bigint | undefined;
  /** Whole records that have arrived, and their bytes, headers included; what a nack repeats counts once. */
  readonly records: number;
  readonly bytes: number;
  /** Answers to fetches, and how many of them brought nothing. */
  readonly fetches: number;
  readonly emptyPolls: number;
  /** How many times a broken connection was replaced. */
  readonly reconnects: number;
  /** How many times reading went on at one of the ends, because nothing was left at its position. */
  readonly truncations: number;
}

/** The live session, as those see it who want to know how far it is. */
export interface Reading {
  readonly watermark: number;
  /** Asks the server where the topic ends. */
  askEnd(found: (end: number) => void, failed: () => void): void;
}

/** Who wants to know how far a stream is. */
export interface ProgressWatcher {
  /** Something is settled, or a session has found its place. */
  moved?(): void;
  /** There is a connection to ask over. */
  attached?(): void;
  /** The data ends here just now. */
  ended?(end: number): void;
}

/** How far a stream has come, over all its sessions. Nobody who is not subscribed costs anything. */
export class Progress {
  records = 0;
  bytes = 0;
  fetches = 0;
  emptyPolls = 0;
  reconnects = 0;
  truncations = 0;
  /** Where the data ended when that was last heard of. */
  knownEnd: number | undefined;
  private reading: Reading | undefined;
  private isAttached = false;
  private last: number | undefined;
  private endedAtMs = Number.NEGATIVE_INFINITY;
  private readonly watchers = new Set<ProgressWatcher>();

  /** Everything below is settled. */
  get position(): number | undefined {
    return this.reading?.watermark ?? this.last;
  }

  /** The session to ask, if it has a connection. */
  get attachedTo(): Reading | undefined {
    return this.isAttached ? this.reading : undefined;
  }

  /** A session has found its place, or has a connection again. */
  attach(reading: Reading): void {
    this.reading = reading;
    this.isAttached = true;
    this.moved();
    for (const watcher of [...this.watchers]) watcher.attached?.();
  }

  detach(): void {
    this.isAttached = false;
  }

  /** The session is over. */
  end(): void {
    this.detach();
    this.moved();
    this.last = this.position;
    this.reading = undefined;
  }

  moved(): void {
    if (this.watchers.size > 0) for (const watcher of [...this.watchers]) watcher.moved?.();
  }

  /** A fetch has reached the end of the data. */
  reachedEnd(end: number): void {
    this.knownEnd = end;
    if (this.watchers.size === 0) return;
    this.endedAtMs = clock.now();
    for (const watcher of [...this.watchers]) watcher.ended?.(end);
  }

  /** Whether a fetch has reached the end no longer ago than this. */
  hasEndedWithin(ms: number): boolean {
    return clock.now() - this.endedAtMs < ms;
  }

  /** Returns how to stop. */
  watch(watcher: ProgressWatcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  metrics(): ConsumeMetrics {
    const { position, records, bytes, fetches, emptyPolls, reconnects, truncations } = this;
    return {
      position: position === undefined ? undefined : BigInt(position),
      records,
      bytes,
      fetches,
      emptyPolls,
      reconnects,
      truncations,
    };
  }
}
