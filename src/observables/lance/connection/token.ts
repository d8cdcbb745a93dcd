import { InvalidOptionError } from '../../../foundation/errors.js';

/** @throws {@link InvalidOptionError} that does not show it: without a token there is nothing to show a server. */
export function checkToken(token: string): string {
  if (typeof token === 'string' && token !== '') return token;
  throw new InvalidOptionError(
    'token',
    typeof token === 'string' ? token : typeof token,
    'must be a text that is not empty',
  );
}
