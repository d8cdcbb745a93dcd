import { clock } from '../../foundation/clock.js';

/** No two things happen at the same time. */
const STEP_SECS = 1e-6;

/** Seconds since the Unix epoch which rise with every look, by a microsecond where the clock has not moved on. */
export function risingSeconds(): () => number {
  let last = 0;
  return () => {
    const now = clock.now() / 1000;
    last = now > last ? now : last + STEP_SECS;
    return last;
  };
}
