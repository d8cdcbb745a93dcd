import { GuardError } from './guard-error.js';

/** Timers that came to nothing; `origin` is the line that started them. */
export function idle(origin: string): GuardError {
  return new GuardError(
    `a timer goes on and on, and nothing comes of it: it is started ${origin}\n` +
      'End it with the test (takeUntil, unsubscribe), or let it wait for something to do.',
  );
}

/** Too much in one millisecond. */
export function standstill(nowMs: number, origin: string): GuardError {
  return new GuardError(
    `time stands still at ${nowMs} ms: timers without a delay go on in a circle, most of them started ${origin}\n` +
      'Give what is repeated a delay, such as nack({ delayMs: 100 }), or an end.',
  );
}

/** What would go on at `nextMs`, though the test is over since long. */
export function endless(nextMs: number, limitMs: number, origin: string): GuardError {
  return new GuardError(
    `something still goes on at ${nextMs} ms, more than ${limitMs} ms after the last thing that the test knows of; ` +
      `its last timers were started ${origin}\n` +
      'End what the test subscribed to, or give it more time: marbles(test, { limitMs }).',
  );
}

/** A test that goes on when everything is over, or part of one. */
export function asynchronous(what: string): GuardError {
  return new GuardError(
    `${what} is async, and returned a promise, which virtual time cannot wait for: use function* and yield`,
  );
}

/** What is still open though the script has ended, and its diagrams have at `lastMs`. */
export function leftOpen(scriptEndedMs: number, lastMs: number, what: string): GuardError {
  const last = lastMs > scriptEndedMs ? `, its last diagram at ${lastMs} ms` : '';
  return new GuardError(
    `the script ended at ${scriptEndedMs} ms${last}, and not all had ended by then; if more is to come, yield longer:\n${what}`,
  );
}

/** What is still open when virtual time is over. */
export function stillOpen(nowMs: number, what: string): GuardError {
  return new GuardError(`the test ends at ${nowMs} ms, and not all of it has ended:\n${what}`);
}
