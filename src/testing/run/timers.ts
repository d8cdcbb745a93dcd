import { queueScheduler, type SchedulerLike } from 'rxjs';
import { ofPresentLife } from './lives.js';
import { type Schedule, type Work, withOwnSchedulers } from './schedulers.js';

/** How many timers may fire in a row of which nothing comes. */
const IDLE_LIMIT = 20_000;
/** How many may fire in one millisecond: so many are no work, but a circle. */
const CIRCLE = 30_000;
/** How many of the last of them are remembered. */
const REMEMBERED = 50;
/** How many calls above a timer are known. */
const DEPTH = 20;

/** Who is told of timers that lead nowhere. */
export interface TimersOwner {
  readonly nowMs: number;
  /** Too many timers in a row came to nothing. */
  tooIdle(): void;
  /** Too many timers fired in one millisecond. */
  standsStill(): void;
}

/**
 * Stands before RxJS's schedulers while a test runs: timers of a program that has crashed never fire, and timers that
 * go on for ever without anything coming of them are found, with the line that starts them.
 */
export class Timers {
  private idle = 0;
  private fired = 0;
  private momentMs = -1;
  private inMoment = 0;
  private isWatching = true;
  private readonly origins: Error[] = [];

  constructor(private readonly owner: TimersOwner) {}

  /** Runs `test` with these timers. */
  during<T>(test: () => T): T {
    return withOwnSchedulers((schedule, scheduler) => this.standIn(schedule, scheduler), test);
  }

  /** Something came of a timer. */
  worked(): void {
    this.idle = 0;
  }

  /** Makes a timer of the test itself: it is not idle, and a script that polls makes too many to ask each where it is from. */
  unwatched<T>(make: () => T): T {
    this.isWatching = false;
    try {
      return make();
    } finally {
      this.isWatching = true;
    }
  }

  /** The line that most of the last timers were started from. */
  get origin(): string {
    return mostFrequent(this.origins.map(callerOf));
  }

  private standIn(schedule: Schedule, scheduler: SchedulerLike): Schedule {
    // What is done at once is no timer: a long list goes through it in one turn.
    if (scheduler === queueScheduler) return (work, delay, state) => schedule(ofPresentLife(work), delay, state);
    return (work, delay, state) => schedule(this.isWatching ? this.watched(work) : work, delay, state);
  }

  private watched<T>(work: Work<T>): Work<T> {
    const living = ofPresentLife(work);
    const origin = whereFrom();
    const fires = (): void => this.fires(origin);
    return function (state) {
      fires();
      living.call(this, state);
    };
  }

  private fires(origin: Error): void {
    this.origins[this.fired++ % REMEMBERED] = origin;
    this.countMoment();
    if (++this.idle < IDLE_LIMIT) return;
    this.idle = 0;
    this.owner.tooIdle();
  }

  private countMoment(): void {
    const { nowMs } = this.owner;
    if (nowMs !== this.momentMs) this.inMoment = 0;
    this.momentMs = nowMs;
    if (++this.inMoment === CIRCLE) this.owner.standsStill();
  }
}

/** Its stack is written out only if it is asked for; test runners want more of it than is cheap to keep. */
function whereFrom(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Math.min(stackTraceLimit, DEPTH);
  try {
    return new Error('where');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The first line of a stack that is neither RxJS nor the kit's; the last one if there is none. */
function callerOf({ stack = '' }: Error): string {
  const lines = stack.split('\n').slice(1);
  const line = lines.find(
    (each) => !/node_modules.rxjs|foundation.clock|testing.run.(timers|schedulers|script)/.test(each),
  );
  return (line ?? lines[0] ?? '').trim();
}

function mostFrequent(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'at an unknown place';
}
