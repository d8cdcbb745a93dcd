import type { WindowFigures } from './client-messages.js';
import { foreignCpu, sampleCpu } from './foreign-cpu.js';

/** How much load of others is tolerated, in CPUs, and how patient the bench is. */
export interface GateLimits {
  /** A window is started only below this. */
  readonly startBelow: number;
  /** A window counts only below this. */
  readonly acceptBelow: number;
  /** Tries beyond the first. */
  readonly retries: number;
  /** How long to wait for a quiet moment before each try. */
  readonly patienceMs: number;
}

/** A window, and whether it was quiet enough to count. */
export interface GatedWindow {
  readonly figures: WindowFigures;
  readonly clean: boolean;
}

const GLANCE_MS = 100;

/** Lets windows pass in which others used the machine, and counts how many it turned away. */
export class NoiseGate {
  accepted = 0;
  rejected = 0;

  constructor(
    private readonly limits: GateLimits,
    private readonly pids: readonly number[],
    private readonly deadlineMs: number,
  ) {}

  /** No time is left: what has been measured has to do. */
  get late(): boolean {
    return performance.now() >= this.deadlineMs;
  }

  /** Measures until a window is clean; the last one is returned when none is. */
  async pass(measure: () => Promise<WindowFigures>): Promise<GatedWindow> {
    for (let tries = 0; ; tries++) {
      await this.quiet();
      const figures = await measure();
      const clean = (figures.foreign ?? 0) < this.limits.acceptBelow;
      if (clean) this.accepted++;
      else this.rejected++;
      if (clean || tries >= this.limits.retries || this.late) return { figures, clean };
    }
  }

  private async quiet(): Promise<void> {
    const giveUp = Math.min(performance.now() + this.limits.patienceMs, this.deadlineMs);
    for (;;) {
      const from = sampleCpu(this.pids);
      if (from === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, GLANCE_MS));
      const foreign = foreignCpu(from, sampleCpu(this.pids)) ?? 0;
      if (foreign < this.limits.startBelow || performance.now() >= giveUp) return;
    }
  }
}
