import { queueScheduler, type SchedulerLike } from 'rxjs';
import { ofPresentLife } from './lives.js';
import { type Schedule, type Work, withOwnSchedulers } from './schedulers.js';

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
/** How many calls above a timer are known, and above one that the test itself makes. */
const DEPTH = 20;
const ROOT_DEPTH = 60;

/** Where a timer was made, and the first of those that led to it. */
interface Origin {
  readonly own: Error;
  readonly root: Error;
}

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
  private readonly origins: Origin[] = [];
  /** That of the timer that is firing. */
  private present: Origin | undefined;

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
    return mostFrequent(this.origins.map(lineOf));
  }

  private standIn(schedule: Schedule, scheduler: SchedulerLike): Schedule {
    // What is done at once is no timer: a long list goes through it in one turn.
    if (scheduler === queueScheduler) return (work, delay, state) => schedule(ofPresentLife(work), delay, state);
    return (work, delay, state) => schedule(this.isWatching ? this.watched(work) : work, delay, state);
  }

  private watched<T>(work: Work<T>): Work<T> {
    const living = ofPresentLife(work);
    const origin = this.isAsked() ? this.newOrigin() : this.present;
    const fires = (act: () => void): void => this.fires(origin, act);
    return function (state) {
      fires(() => living.call(this, state));
    };
  }

  private isAsked(): boolean {
    const isSuspicious = this.idle > SUSPICIOUS || this.inMoment > SUSPICIOUS;
    return ++this.made <= ASKED || isSuspicious || this.made % SAMPLE === 0;
  }

  private newOrigin(): Origin {
    const own = whereFrom(this.present === undefined ? ROOT_DEPTH : DEPTH);
    return { own, root: this.present?.root ?? own };
  }

  private fires(origin: Origin | undefined, act: () => void): void {
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

/** Its stack is written out only if it is asked for; test runners want more of it than is cheap to keep. */
function whereFrom(depth: number): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = depth;
  try {
    return new Error('where');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The user's line that made a timer, or else led to it; if there is none, the library's own. */
function lineOf({ own, root }: Origin): string {
  const lines = linesOf(own);
  // The first of them is the one below, in this file.
  const ours = /(?:\(|at )([^()]*)testing.run.timers/.exec(lines[0] ?? '')?.[1] ?? '';
  const isUsers = (line: string): boolean => !line.includes(ours);
  const isClients = (line: string): boolean => !/testing.run|foundation.clock/.test(line);
  return (lines.find(isUsers) ?? linesOf(root).find(isUsers) ?? lines.find(isClients) ?? '').trim();
}

function linesOf({ stack = '' }: Error): string[] {
  const lines = stack.split('\n').slice(1);
  return lines.filter((line) => !/node_modules.rxjs/.test(line));
}

function mostFrequent(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'at an unknown place';
}
