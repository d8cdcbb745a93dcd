import { InvalidOptionError } from '../../../foundation/errors.js';

/** @throws {@link InvalidOptionError}: without a token there is nothing to show. */
export function checkToken(token: string): string {
  if (typeof token === 'string' && token !== '') return token;
  throw new InvalidOptionError('token', token, 'must be a text that is not empty');
}
