import { InvalidOptionError } from '../../foundation/errors.js';

/** Where a store's API is. */
export interface ServerAddress {
  /** Such as `http://127.0.0.1:4747`. */
  readonly origin: string;
  /** The path of the API, such as `/v1/agl`. */
  readonly basePath: string;
}

/** Takes the root of a server apart; slashes at its end don't count (lightning.md 1.1). */
export function serverAddress(address: string): ServerAddress {
  const refuse = (rule: string): InvalidOptionError => new InvalidOptionError('serverAddress', address, rule);
  if (typeof address !== 'string' || !URL.canParse(address))
    throw refuse('must be a URL such as http://127.0.0.1:4747');
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') throw refuse('must have no credentials: the store knows none');
  if (url.search !== '' || url.hash !== '') throw refuse('must have neither query nor fragment');
  return { origin: url.origin, basePath: `${url.pathname.replace(/\/+$/, '')}/v1/agl` };
}
