import { integerIn } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';

/** Reads `host:port`, `[v6]:port` or a host alone, whose port is 1992. */
export function parseAddress(address: string): { host: string; port: number } {
  const parts = typeof address === 'string' ? /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(address) : undefined;
  const [, v6, host = v6, port = '1992'] = parts ?? [];
  if (host === undefined) {
    throw new InvalidOptionError('address', address, 'must be host:port, [IPv6]:port or a host');
  }
  return { host, port: integerIn('port', Number(port), 1, 65_535) };
}
