import { GuardError } from '../run/guard-error.js';

/** Why a test that meets a promise ends; `who` returned it. */
export function promised(who: string): GuardError {
  return new GuardError(
    `${who} returned a promise inside virtual time, where promises never settle: they wait for ` +
      `microtasks, and a marble test is over before the next one.\n${adviceFor(who)}`,
  );
}

function adviceFor(who: string): string {
  if (who === 'work: the handler') {
    return 'Let the handler under test return an Observable, such as timer(5).pipe(map(() => result)), or test it in real time.';
  }
  if (who.startsWith('OffsetStore'))
    return 'Let the store under test return an Observable, or use a MemoryOffsetStore.';
  return 'It is not waited for in life either: what takes its time belongs into the handler of work.';
}
