import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { replaced, type Schedule, scheduling, type Work } from '../run/schedulers.js';

/** Every timer of a test, as it fires. */
export class Turns {
  /** Called before each turn, whosever timer it is. */
  before: () => void = () => {};
  private uncounted = false;

  /** The next timer that is made belongs to the test, not to what is tested: its turns are none. */
  ignoreNext(): void {
    this.uncounted = true;
  }

  /** Runs `test` with its timers counted. */
  during(test: () => void): void {
    const schedule = asyncScheduler.schedule.bind(asyncScheduler);
    const counting: Schedule = (work, delay, state) => schedule(this.counted(work), delay, state);
    const restore = replaced(asyncScheduler, { schedule: counting });
    try {
      test();
    } finally {
      restore();
    }
  }

  /** The same scheduler, with its timers counted. */
  counting<S extends SchedulerLike>(scheduler: S): S {
    return scheduling(scheduler, (work) => this.counted(work));
  }

  private counted<T>(work: Work<T>): Work<T> {
    if (this.uncounted) {
      this.uncounted = false;
      return work;
    }
    const before = (): void => this.before();
    return function (given) {
      before();
      work.call(this, given);
    };
  }
}
