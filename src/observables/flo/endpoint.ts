import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';

/** Where a server listens. */
export interface Endpoint {
  readonly host: string;
  /** 1 to 65 535. */
  readonly port: number;
}

/**
 * Reads `host:port`, `[v6]:port` or `flo://host:port`; a path behind it is dropped (flo.md 1.1).
 * @throws {@link InvalidOptionError} for anything else, `flos://` included: servers have no TLS.
 */
export function parseEndpoint(endpoint: string): Endpoint {
  const refused = (rule: string): never => {
    throw new InvalidOptionError('endpoint', endpoint, rule);
  };
  if (typeof endpoint !== 'string') return refused('must be a text');
  const [, scheme, rest = ''] = /^(?:([a-z][a-z\d+.-]*):\/\/)?(.*)$/is.exec(endpoint) ?? [];
  if (scheme?.toLowerCase() === 'flos') return refused('TLS is not spoken by Flo servers: use flo:// or a connector');
  if (scheme !== undefined && scheme.toLowerCase() !== 'flo') return refused('must have no scheme, or flo://');
  const address = scheme === undefined ? rest : rest.replace(/\/.*$/s, '');
  const [, v6, name, port] = /^(?:\[([\da-f:.%\w]+)\]|([^\s/:[\]]+)):(\d{1,5})$/i.exec(address) ?? [];
  const host = v6 ?? name;
  if (host === undefined) return refused('must be host:port, [IPv6]:port or flo://host:port');
  return { host, port: integerIn('endpoint port', Number(port), 1, 65_535) };
}
