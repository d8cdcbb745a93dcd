import type { Observable, Subscription } from 'rxjs';
import { onlyKnown } from '../../foundation/known-options.js';
import type { MarbleEvent, Recording } from '../marbles/recording.js';
import { currentRun, type MarbleRun } from './marble-run.js';

/** Options of `watch`. */
export interface WatchOptions<T> {
  /** What the recording is called in messages. Default `'watched'`. */
  readonly name?: string;
  /** Is called with each value, as soon as it is noted. */
  readonly onNext?: (value: T) => void;
}

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
  readonly name: string;
  readonly events: MarbleEvent[] = [];
  readonly values: T[] = [];
  /** When each value came, in milliseconds since the run began. */
  readonly atMs: number[] = [];
  ended: 'error' | 'complete' | undefined;
  endedAtMs = Number.NaN;
  readonly subscription: Subscription;
  private readonly run: MarbleRun;
  private failure: unknown;
  private isErrorRead = false;

  /** @internal Made by `watch`. */
  constructor(source: Observable<T>, options: ((value: T) => void) | WatchOptions<T> = {}) {
    const { name = 'watched', onNext } = watchOptions(options);
    this.name = name;
    this.run = currentRun();
    this.run.mayExplain(this, () => this.isErrorRead);
    this.subscription = source.subscribe({
      next: (value) => {
        this.run.worked();
        this.events.push({ atMs: this.run.nowMs, kind: 'next', value });
        this.values.push(value);
        this.atMs.push(this.run.nowMs);
        onNext?.(value);
      },
      error: (error: unknown) => {
        this.failure = error;
        this.end('error', error);
      },
      complete: () => this.end('complete'),
    });
  }

  /** The error that ended it; undefined if none has. When the test fails, an error that nobody has read is mentioned. */
  get error(): unknown {
    this.isErrorRead = true;
    return this.failure;
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

function watchOptions<T>(options: ((value: T) => void) | WatchOptions<T>): WatchOptions<T> {
  if (typeof options === 'function') return { onNext: options };
  return onlyKnown('watch', options, { name: true, onNext: true });
}
