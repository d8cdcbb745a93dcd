import type { CoreHost, Timer } from './source.js';

/** When and how positions are stored. */
export interface CommitOptions {
  readonly everyMs: number;
  readonly everyCount: number;
  /** Stores `position`; calls `done` when it is safe. */
  save(position: number, done: (error?: unknown) => void): void;
  failed(error: unknown): void;
}

/** Commits the watermark by count and by time, one save at a time, and only when it has moved. */
export class Committer {
  private pending = 0;
  private movedInPart = false;
  private timer: Timer | undefined;
  private saving = false;
  private closed = false;
  private readonly flushed: (() => void)[] = [];

  constructor(
    private readonly host: Pick<CoreHost<never>, 'after'>,
    private committed: number | undefined,
    private readonly watermark: () => number,
    private readonly options: CommitOptions,
  ) {}

  /** One more delivery is settled. */
  settled(): void {
    if (this.closed) return;
    this.pending++;
    if (this.pending >= this.options.everyCount) this.save();
    else this.arm();
  }

  /** Part of a delivery is settled: that is stored by time. */
  settledInPart(): void {
    if (this.closed) return;
    this.movedInPart = true;
    this.arm();
  }

  /** Positions are others from now on, or mean something else: the present one is stored, whatever was before. */
  renew(): void {
    this.committed = undefined;
    this.settled();
  }

  /** Stores what is left, then calls `then`; nothing is stored by time or count afterwards. */
  close(then: () => void): void {
    this.closed = true;
    this.flushed.push(then);
    this.disarm();
    if (!this.saving) this.save();
  }

  private save(): void {
    this.disarm();
    if (this.saving) return;
    this.movedInPart = false;
    const position = this.watermark();
    if (position === this.committed) return this.finish();
    this.saving = true;
    this.pending = 0;
    this.committed = position;
    const isLast = this.closed;
    this.options.save(position, (error) => {
      this.saving = false;
      if (error !== undefined) {
        this.committed = undefined;
        this.options.failed(error);
      }
      this.saved(error === undefined, isLast);
    });
  }

  private saved(worked: boolean, wasLast: boolean): void {
    if (this.closed) {
      // The last save is tried once; what failed before the end was not the last.
      if (worked || !wasLast) this.save();
      else this.finish();
    } else if (this.pending >= this.options.everyCount) this.save();
    else if (this.pending > 0 || this.movedInPart || !worked) this.arm();
  }

  private arm(): void {
    this.timer ??= this.host.after(this.options.everyMs, () => this.save());
  }

  private disarm(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private finish(): void {
    for (const then of this.flushed.splice(0)) then();
  }
}
