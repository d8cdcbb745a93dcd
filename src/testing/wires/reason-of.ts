import type { SluiceError } from '../../foundation/errors.js';

/** Why a connection ended, as shortly as it can be said: `ECONNRESET`, or else what the error says. */
export function reasonOf(error: SluiceError): string {
  const { errno } = error.context;
  return typeof errno === 'string' ? errno : error.message;
}
