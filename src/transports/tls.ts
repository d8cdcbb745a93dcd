import { isIP, type OnReadOpts } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { onlyKnown, type OptionNames } from '../foundation/known-options.js';
import { outsideWorld } from '../foundation/outside-world.js';
import type { Connector } from './channel.js';
import { SocketChannel } from './socket-channel.js';
import { nodeTls } from './node-tls.js';
import { endpoint, type TcpOptions } from './tcp.js';
import { tlsFailure } from './tls-failure.js';
import { TLS_OPTIONS, tlsPlan, type TlsOptions } from './tls-options.js';

/** Options of {@link tls}: of {@link tcp}, and what TLS needs. */
export interface TlsConnectOptions extends TcpOptions, TlsOptions {}

const NAMES: OptionNames<TlsConnectOptions> = { ...TLS_OPTIONS, host: true, port: true, connectTimeoutMs: true };

/**
 * Makes channels over TLS to one server; as {@link tcp} otherwise. `connectTimeoutMs` is for the handshake too.
 *
 * Lance servers speak no TLS themselves: a proxy that does stands in front of them (lance.md 10.2). A certificate that
 * is not trusted, and a handshake that the peer refuses, are errors that are not retryable; their context has the code of
 * Node or OpenSSL as `errno`.
 *
 * @throws InvalidOptionError if an option is out of range, or a certificate or key can't be used.
 * @example
 * import { readFileSync } from 'node:fs';
 * const connect = (caFile: string) => tls({ host: 'lance.example.org', port: 443, ca: readFileSync(caFile) });
 */
export function tls(options: TlsConnectOptions): Connector {
  const { host, port, connectTimeoutMs, ...secure } = onlyKnown('tls', options, NAMES);
  const { address, timeoutMs } = endpoint({ host, port, connectTimeoutMs });
  const { servername = isIP(host) === 0 ? host : '', ...plan } = tlsPlan(secure);
  return {
    address,
    connect: (events) => {
      outsideWorld.entered?.(`TLS connection to ${address}`);
      let socket: TLSSocket | undefined;
      return new SocketChannel(address, timeoutMs, events, {
        opens: 'secureConnect',
        open: (onread) => {
          // Documented by Node, but not in its types.
          const reading: ConnectionOptions & { onread: OnReadOpts } = { ...plan, host, port, servername, onread };
          socket = nodeTls().connect(reading).setNoDelay(true);
          return socket;
        },
        failure: (error, isOpen) => {
          // Null, whatever its type says, as long as there is no verdict.
          const isUntrusted = Boolean(socket?.authorizationError);
          return tlsFailure(address, error, { isOpen, isUntrusted });
        },
      });
    },
  };
}
