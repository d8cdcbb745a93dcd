import { TestScheduler } from 'rxjs/testing';

/** A scheduler for one test; everything inside `run` is virtual, one frame a millisecond. */
export function marbles(): TestScheduler {
  return new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
}

/** Runs a test in virtual time. */
export const run: TestScheduler['run'] = (test) => marbles().run(test);
