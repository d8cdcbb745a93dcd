import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { StorageError } from '../errors.js';
import type { Topic } from './storage/topic-storage.js';

const NS_PER_SEC = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
/** What a timer can hold, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * Deletes what topics with a retention need not keep any longer: whole closed segments, oldest first, at fixed times
 * (section 7.9). The timer runs only while there is something that it will delete before long.
 */
export class Retention {
  readonly #topics: Iterable<Topic>;
  readonly #sweepMs: number;
  /** When it began; undefined while it does not look. */
  #anchorMs: number | undefined;
  #timer: Subscription | undefined;

  constructor(topics: Iterable<Topic>, sweepMs: number) {
    this.#topics = topics;
    this.#sweepMs = sweepMs;
  }

  /** From now on it looks every so many milliseconds. */
  begin(): void {
    this.#anchorMs = clock.now();
    this.arm();
  }

  /** Something has changed that it looks at. */
  arm(): void {
    if (this.#anchorMs === undefined) return;
    this.#timer?.unsubscribe();
    let dueInMs = Number.POSITIVE_INFINITY;
    for (const topic of this.#topics) dueInMs = Math.min(dueInMs, dueOf(topic));
    // What is due in a month is armed for when the next segment closes.
    if (dueInMs > LONGEST - this.#sweepMs) return;
    const sinceAnchor = clock.now() - this.#anchorMs;
    // Strictly later: this time's look is over, or has never been.
    const looks = Math.max(
      Math.ceil((sinceAnchor + dueInMs) / this.#sweepMs),
      Math.floor(sinceAnchor / this.#sweepMs) + 1,
    );
    this.#timer = clock.after(looks * this.#sweepMs - sinceAnchor, () => this.#look());
  }

  end(): void {
    this.#anchorMs = undefined;
    this.#timer?.unsubscribe();
    this.#timer = undefined;
  }

  #look(): void {
    for (const topic of this.#topics) {
      const bytes = expendable(topic);
      if (bytes > 0) trim(topic, bytes);
    }
    this.arm();
  }
}

function trim({ log }: Topic, bytes: number): void {
  try {
    log.trimHead(bytes);
  } catch (error) {
    // Nobody waits for it, and the next look finds what is left.
    if (!(error instanceof StorageError)) throw error;
  }
}

/** How many milliseconds from now the topic will have something that is not to be kept. */
function dueOf(topic: Topic): number {
  const [oldest] = topic.retention === undefined ? [] : topic.log.closed;
  if (topic.retention === undefined || oldest === undefined) return Number.POSITIVE_INFINITY;
  if (expendable(topic) > 0) return 0;
  return oldest.closedAtMs + maxAgeMs(topic.retention.maxAgeSecs) + 1 - clock.date();
}

/** How many of the topic's oldest bytes are not to be kept now. */
function expendable({ retention, log }: Topic): number {
  if (retention === undefined) return 0;
  const oldestMs = clock.date() - maxAgeMs(retention.maxAgeSecs);
  let bytes = 0;
  for (const segment of log.closed) {
    const isExcess = BigInt(log.length - bytes) > retention.maxBytes;
    if (segment.closedAtMs >= oldestMs && !isExcess) break;
    bytes += segment.bytes;
  }
  return bytes;
}

/** The genuine server counts in nanoseconds, in 64 bits, and wraps around (section 7.9). */
function maxAgeMs(maxAgeSecs: bigint): number {
  return Number(BigInt.asUintN(64, maxAgeSecs * NS_PER_SEC) / NS_PER_MS);
}
