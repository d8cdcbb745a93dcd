import { queueScheduler, type SchedulerLike } from 'rxjs';
import { ofPresentLife } from './lives.js';
import { type Schedule, type Work, withOwnSchedulers } from './schedulers.js';
import { mostFrequentLine, originBelow, type TimerOrigin } from './timer-origin.js';

/** How many timers may fire in a row of which nothing comes. */
const IDLE_LIMIT = 20_000;
/** How many may fire in one millisecond: so many are no work, but a circle. */
const CIRCLE = 30_000;
/** How many of the last of them are remembered. */
const REMEMBERED = 50;
/** So many timers of a run are asked where they are from; */
const ASKED = 2_000;
/** then those that look like a circle, behind so many that came to nothing or fired in one millisecond, */
const SUSPICIOUS = 1_000;
/** and one of so many others: to ask takes longer than most timers do. */
const SAMPLE = 32;

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
  private made = 0;
  private readonly origins: TimerOrigin[] = [];
  /** That of the timer that is firing. */
  private present: TimerOrigin | undefined;

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
    return mostFrequentLine(this.origins);
  }

  private standIn(schedule: Schedule, scheduler: SchedulerLike): Schedule {
    // What is done at once is no timer: a long list goes through it in one turn.
    if (scheduler === queueScheduler) return (work, delay, state) => schedule(ofPresentLife(work), delay, state);
    return (work, delay, state) => schedule(this.isWatching ? this.watched(work) : work, delay, state);
  }

  private watched<T>(work: Work<T>): Work<T> {
    const living = ofPresentLife(work);
    const origin = this.isAsked() ? originBelow(this.present) : this.present;
    const fires = (act: () => void): void => this.fires(origin, act);
    return function (state) {
      fires(() => living.call(this, state));
    };
  }

  private isAsked(): boolean {
    const isSuspicious = this.idle > SUSPICIOUS || this.inMoment > SUSPICIOUS;
    return ++this.made <= ASKED || isSuspicious || this.made % SAMPLE === 0;
  }

  private fires(origin: TimerOrigin | undefined, act: () => void): void {
    if (origin !== undefined) this.origins[this.fired++ % REMEMBERED] = origin;
    this.count();
    this.present = origin;
    try {
      act();
    } finally {
      this.present = undefined;
    }
  }

  private count(): void {
    const { nowMs } = this.owner;
    if (nowMs !== this.momentMs) this.inMoment = 0;
    this.momentMs = nowMs;
    if (++this.inMoment === CIRCLE) this.owner.standsStill();
    if (++this.idle < IDLE_LIMIT) return;
    this.idle = 0;
    this.owner.tooIdle();
  }
}
