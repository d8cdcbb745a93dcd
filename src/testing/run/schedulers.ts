import {
  animationFrameScheduler,
  asapScheduler,
  asyncScheduler,
  queueScheduler,
  type SchedulerAction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';

/** What a scheduler is given to do. */
export type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

/** How it is given. */
export type Schedule = <T>(work: Work<T>, delay?: number, state?: T) => Subscription;

/** Those that all of a process share. */
const SHARED = [asyncScheduler, asapScheduler, animationFrameScheduler, queueScheduler];

/**
 * Runs `test` with RxJS's schedulers as if they were new: what waits in them outside is none of the test's business, and
 * a test that is cut short leaves nothing in them. `standIn` stands before the `schedule` of each.
 */
export function withOwnSchedulers<T>(
  standIn: (schedule: Schedule, scheduler: SchedulerLike) => Schedule,
  test: () => T,
): T {
  const undo = SHARED.map((scheduler) =>
    replaced(scheduler, {
      schedule: standIn(scheduler.schedule.bind(scheduler), scheduler),
      // What they keep from call to call: what waits, whether they are at work, whether they have asked for a turn.
      actions: [],
      _active: false,
      _scheduled: undefined,
    }),
  );
  try {
    return test();
  } finally {
    for (const restore of undo) restore();
  }
}

/** A scheduler like another one, but for what becomes of the work that it is given. */
export function scheduling<S extends SchedulerLike>(scheduler: S, wrap: <T>(work: Work<T>) => Work<T>): S {
  const schedule: Schedule = (work, delay, state) =>
    scheduler.schedule(wrap(work) as Work<unknown>, delay, state as unknown);
  return Object.create(scheduler, { schedule: { value: schedule } }) as S;
}

/** Gives an object other properties; what is returned gives it back those that it had. */
export function replaced(target: object, values: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(values).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const);
  Object.assign(target, values);
  return () => {
    for (const [key, own] of before) {
      if (own === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, own);
    }
  };
}
