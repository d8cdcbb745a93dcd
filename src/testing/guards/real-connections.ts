import { GuardError } from '../run/guard-error.js';

/** Why a test that wants a real connection ends. */
export function realConnection(what: string): GuardError {
  return new GuardError(
    `a real ${what} inside virtual time, where no answer can ever come: real time does not pass there.\n` +
      'Use a client of the rig: lance().client, flo().newClient(), or yours with its connector() or requester().',
  );
}
