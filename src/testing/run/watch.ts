import type { Observable, Subscription } from 'rxjs';
import type { MarbleEvent, Recording } from '../marbles/recording.js';
import { currentRun, type MarbleRun } from './marble-run.js';

/**
 * A subscription that notes what an Observable tells, and when; for scripts, which look at it as they go.
 *
 * @example
 * import { timer } from 'rxjs';
 * import { marbles } from 'sluice/testing';
 * marbles(function* ({ watch }) {
 *   const seen = watch(timer(10));
 *   yield 20;
 *   if (seen.ended !== 'complete' || seen.endedAtMs !== 10) throw new Error('late');
 * });
 */
export class Watch<T> implements Recording {
  readonly name: string = 'watched';
  readonly events: MarbleEvent[] = [];
  readonly values: T[] = [];
  /** When each value came, in milliseconds since the run began. */
  readonly atMs: number[] = [];
  error: unknown;
  ended: 'error' | 'complete' | undefined;
  endedAtMs = Number.NaN;
  readonly subscription: Subscription;
  private readonly run: MarbleRun;

  /** @internal Made by `watch`. */
  constructor(source: Observable<T>, onNext: (value: T) => void = () => {}) {
    this.run = currentRun();
    this.subscription = source.subscribe({
      next: (value) => {
        this.run.worked();
        this.events.push({ atMs: this.run.nowMs, kind: 'next', value });
        this.values.push(value);
        this.atMs.push(this.run.nowMs);
        onNext(value);
      },
      error: (error: unknown) => {
        this.error = error;
        this.end('error', error);
      },
      complete: () => this.end('complete'),
    });
  }

  /**
   * The n-th value, from 0.
   *
   * @throws Error when there are not so many.
   */
  at(index: number): T {
    if (index in this.values) return this.values[index] as T;
    throw new Error(`at(${index}): there are only ${this.values.length} values at ${this.run.nowMs} ms`);
  }

  unsubscribe(): void {
    this.subscription.unsubscribe();
  }

  private end(how: 'error' | 'complete', value?: unknown): void {
    this.events.push({ atMs: this.run.nowMs, kind: how, value });
    this.ended = how;
    this.endedAtMs = this.run.nowMs;
  }
}
