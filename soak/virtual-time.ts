import { asyncScheduler, type SchedulerAction, type Subscription } from 'rxjs';
import { clock } from '../src/foundation/clock.js';
import { presentLife, within } from '../src/testing/run/lives.js';
import { VirtualTime } from '../src/testing/run/virtual-time.js';
import { JumpingClock } from '../src/testing/faults/clock-jump.js';
import { Dice } from './dice.js';

/** What everybody takes for the time; timers go by themselves. */
export class SystemClock {
  private jumping: JumpingClock | undefined;

  /** So far ahead of the timers; behind if negative. */
  set(aheadMs: number): void {
    this.jumping?.jump(aheadMs - this.jumping.aheadMs);
  }

  begin(): void {
    this.jumping = new JumpingClock();
  }

  end(): void {
    this.jumping?.restore();
  }
}

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

/** Everybody has left: what still goes on after this time goes on for ever. */
const AFTERMATH_MS = 600_000;

/**
 * Runs a script in virtual time, each number that it yields a pause in milliseconds; `Math.random` is seeded meanwhile.
 * Not `marbles`: it keeps what happened, and this goes on for weeks.
 */
export function virtually(seed: number, script: Generator<number, void>, systemClock: SystemClock): void {
  const time = new VirtualTime(() => {});
  time.limitReached = () => {
    throw new Error(`something still goes on ${AFTERMATH_MS} ms after everybody has left`);
  };
  time.actions.sort = lastIntoPlace;
  const play = (): void => {
    const { done, value } = script.next();
    if (done === true) time.limitMs = time.frame + AFTERMATH_MS;
    else clock.after(value, play);
  };
  const { random } = Math;
  Math.random = new Dice(seed).roll;
  try {
    systemClock.begin();
    withLives(() => time.run(play));
  } finally {
    systemClock.end();
    Math.random = random;
  }
}

/** RxJS sorts all actions whenever it has added one: only the last of them is not in its place. */
function lastIntoPlace<T>(this: T[], compare?: (a: T, b: T) => number): T[] {
  const last = this.pop();
  if (last === undefined || compare === undefined) return this;
  let at = this.length;
  while (at > 0 && compare(this[at - 1]!, last) > 0) at--;
  this.splice(at, 0, last);
  return this;
}

/** Timers of a program that has crashed never fire. */
function withLives(run: () => void): void {
  const { schedule } = asyncScheduler;
  asyncScheduler.schedule = function standIn<T>(work: Work<T>, delay?: number, state?: T): Subscription {
    const life = presentLife();
    const living: Work<T> =
      life === undefined
        ? work
        : function (this: SchedulerAction<T>, given?: T) {
            if (life.alive) within(life, () => work.call(this, given));
          };
    return schedule.call(asyncScheduler, living as Work<unknown>, delay, state);
  };
  try {
    run();
  } finally {
    // RxJS has it on the prototype.
    Reflect.deleteProperty(asyncScheduler, 'schedule');
  }
}
