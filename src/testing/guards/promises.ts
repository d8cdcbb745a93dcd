import { GuardError } from '../run/guard-error.js';

/** Why a test that meets a promise ends. */
export function promised(operator: string): GuardError {
  return new GuardError(
    `${operator}: the handler returned a promise inside virtual time, where promises never settle: they wait for ` +
      'microtasks, and a marble test is over before the next one.\n' +
      'Let the handler under test return an Observable, such as timer(5).pipe(map(() => result)), or test it in real time.',
  );
}
