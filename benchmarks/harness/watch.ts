import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { WatchedFigures } from './client-messages.js';

const RESOLUTION_MS = 1;

/** Watches this process: garbage collection, and how late the event loop turns. */
export class Watch {
  private gcMs = 0;
  private readonly observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.gcMs += duration;
  });
  private readonly loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  /** Forgets what was before. */
  begin(): void {
    this.observer.takeRecords();
    this.gcMs = 0;
    this.loop.reset();
    this.loop.enable();
  }

  end(seconds: number): WatchedFigures {
    this.loop.disable();
    for (const { duration } of this.observer.takeRecords()) this.gcMs += duration;
    return {
      gcShare: this.gcMs / 1000 / seconds,
      loopGapMs: Math.max(0, this.loop.percentile(99) / 1e6 - RESOLUTION_MS),
    };
  }
}
