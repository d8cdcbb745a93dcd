import { asyncScheduler, type SchedulerAction, type Subscription } from 'rxjs';

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

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
    const { schedule } = asyncScheduler;
    asyncScheduler.schedule = <T>(work: Work<T>, delay?: number, state?: T): Subscription =>
      schedule.call(asyncScheduler, this.counted(work) as Work<unknown>, delay, state);
    try {
      test();
    } finally {
      // RxJS has it on the prototype.
      Reflect.deleteProperty(asyncScheduler, 'schedule');
    }
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
