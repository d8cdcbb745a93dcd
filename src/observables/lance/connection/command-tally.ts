import { clock } from '../../../foundation/clock.js';

/** How long the server took to answer commands, in milliseconds. */
export interface RoundTrips {
  readonly lastMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly meanMs: number;
}

/** What has become of a client's commands; lookups of topics for sinks and producers are among them. */
export interface CommandCounts {
  /** Sent, those included that followed a redirect. */
  readonly requests: number;
  readonly replies: number;
  /** Refused by the server, redirects included, or not answered before their connection was lost. */
  readonly errors: number;
  /** Of those with a reply; absent before the first one. */
  readonly roundTrips: RoundTrips | undefined;
}

/** Counts commands and what became of them. */
export class CommandTally {
  private requests = 0;
  private replies = 0;
  private errors = 0;
  private lastMs = 0;
  private minMs = Number.POSITIVE_INFINITY;
  private maxMs = 0;
  private sumMs = 0;

  get counts(): CommandCounts {
    const { requests, replies, errors, lastMs, minMs, maxMs, sumMs } = this;
    const roundTrips = replies === 0 ? undefined : { lastMs, minMs, maxMs, meanMs: sumMs / replies };
    return { requests, replies, errors, roundTrips };
  }

  /** Returns when that was. */
  sent(): number {
    this.requests++;
    return clock.now();
  }

  /** Returns how long it took. */
  replied(sentMs: number): number {
    const tookMs = clock.now() - sentMs;
    this.replies++;
    this.lastMs = tookMs;
    this.minMs = Math.min(this.minMs, tookMs);
    this.maxMs = Math.max(this.maxMs, tookMs);
    this.sumMs += tookMs;
    return tookMs;
  }

  failed(): void {
    this.errors++;
  }
}
