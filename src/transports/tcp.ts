import { connect as connectSocket } from 'node:net';
import { integerIn, milliseconds } from '../foundation/check.js';
import { InvalidOptionError } from '../foundation/errors.js';
import { onlyKnown } from '../foundation/known-options.js';
import { outsideWorld } from '../foundation/outside-world.js';
import type { Connector } from './channel.js';
import { SocketChannel } from './socket-channel.js';

/** What can be a name, or an address of either kind; one colon would be that of a port, two are of IPv6. */
const HOST = /^(?:[^:/]+|[^:/]*:[^/]*:[^/]*)$/;

/** Options of {@link tcp}. */
export interface TcpOptions {
  /** A name or an address. */
  readonly host: string;
  /** From 1 to 65 535. */
  readonly port: number;
  /** How long opening may take, in milliseconds, name lookup included (default 10 000). */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Makes channels over TCP to one server.
 *
 * Nagle's algorithm is off. Small frames written in one tick leave in one system call.
 * After a minute of silence the system asks the peer's whether it is still there (TCP keepalive), so that a connection
 * to a machine that has vanished breaks at last; how long that takes is the system's to say, mostly ten minutes.
 * A peer that ends in order closes the channel without an error, also when it only ended its own half.
 *
 * @throws InvalidOptionError if an option is out of range.
 * @example
 * const lance = tcp({ host: '127.0.0.1', port: 1992 });
 * console.log(lance.address); // 127.0.0.1:1992
 */
export function tcp(options: TcpOptions): Connector {
  const { host, port } = onlyKnown('tcp', options, { host: true, port: true, connectTimeoutMs: true });
  const { address, timeoutMs } = endpoint(options);
  return {
    address,
    connect: (events) => {
      outsideWorld.entered?.(`TCP connection to ${address}`);
      return new SocketChannel(address, timeoutMs, events, {
        opens: 'connect',
        open: (onread) => connectSocket({ host, port, noDelay: true, onread }),
      });
    },
  };
}

/** Where a socket goes, checked: its address as text, and how long it may take to get there. */
export function endpoint({ host, port, connectTimeoutMs = 10_000 }: TcpOptions): {
  address: string;
  timeoutMs: number;
} {
  if (typeof host !== 'string' || !HOST.test(host))
    throw new InvalidOptionError('host', host, 'must be a name or an address, without a port');
  integerIn('port', port, 1, 65_535);
  const timeoutMs = milliseconds('connectTimeoutMs', connectTimeoutMs);
  return { address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, timeoutMs };
}
