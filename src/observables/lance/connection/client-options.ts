import { integerIn, milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import type { Connector } from '../../../transports/channel.js';
import { Route } from '../../../transports/lance/route.js';
import { checkReconnect, type ReconnectOptions } from '../../../transports/reconnect.js';
import { tcp } from '../../../transports/tcp.js';
import { tls } from '../../../transports/tls.js';
import { TLS_OPTIONS, type TlsOptions } from '../../../transports/tls-options.js';
import { checkOffsetStore } from '../stores/check-offset-store.js';
import { folderOf } from '../stores/file-access.js';
import { FileOffsetStore } from '../stores/file-offset-store.js';
import { MemoryOffsetStore } from '../stores/memory-offset-store.js';
import type { OffsetStore } from '../stores/offset-store.js';
import { parseAddress } from './address.js';
import { poolPlan, type CommandConnectionsOptions, type PoolPlan } from './pool-options.js';
import { checkToken } from './token.js';

/** Where the server is and how it is talked to. */
export interface LanceClientOptions {
  /** A name or an address, without a port; `127.0.0.1` by default. */
  readonly host?: string;
  /** 1 to 65 535; 1992 by default. */
  readonly port?: number;
  /**
   * Speaks TLS, to a proxy in front of the server: no Lance server does so itself (lance.md 10.2). True trusts the
   * authorities that come with Node and checks the name of the host; off by default.
   */
  readonly tls?: boolean | TlsOptions;
  /** How long opening a connection may take, the handshake of TLS included, in milliseconds; 10 000 by default. */
  readonly connectTimeoutMs?: number;
  /** How long the server may take to answer or acknowledge, in milliseconds; 30 000 by default. */
  readonly requestTimeoutMs?: number;
  /** Pauses between attempts to reconnect; from 100 to 30 000 ms without limit by default. */
  readonly reconnect?: ReconnectOptions;
  /** Where consumers with a name keep their positions; in memory by default, which forgets them with the process. */
  readonly offsetStore?: OffsetStore;
  /** A folder for them, made if there is none: short for `offsetStore: new FileOffsetStore(offsetDir)`. */
  readonly offsetDir?: string;
  /** Shown first on every connection (lance.md 10.1); a server that refuses it is not asked again: `AccessDeniedError`. */
  readonly token?: string;
  /**
   * How many redirects to a leader (`NOT_LEADER`, lance.md 9.3) each command, stream and sink follows in a row without a
   * success between them; 5 by default, 0 follows none. Connections to a leader show the token, too.
   */
  readonly maxRedirects?: number;
  /** How many connections there are for commands, and how long they last; a number is short for `{ max }`, 1 by default. */
  readonly commandConnections?: number | CommandConnectionsOptions;
  /** How often `topics$` asks the server while somebody is subscribed to it, in milliseconds from 10 on; 5 000 by default. */
  readonly topicsIntervalMs?: number;
  /** Another way to the server, such as `server.connector()` of an embedded one in memory; host and port don't count then. */
  readonly connector?: Connector;
  /** Another way to each server, leaders included; by default TCP. With `connector` alone redirects can't be followed. */
  readonly connectorTo?: (address: LanceAddress) => Connector;
}

/** Where a server is. */
export interface LanceAddress {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Those that there are. */
export const CLIENT_OPTIONS: OptionNames<LanceClientOptions> = {
  host: true,
  port: true,
  tls: true,
  connectTimeoutMs: true,
  requestTimeoutMs: true,
  reconnect: true,
  offsetStore: true,
  offsetDir: true,
  token: true,
  maxRedirects: true,
  commandConnections: true,
  topicsIntervalMs: true,
  connector: true,
  connectorTo: true,
};

/** The options with all defaults filled in. */
export interface ClientPlan {
  /** The way of all connections. */
  readonly connector: Route;
  readonly requestTimeoutMs: number;
  readonly commandConnections: PoolPlan;
  readonly topicsIntervalMs: number;
  readonly reconnect: ReconnectOptions;
  readonly offsetStore: OffsetStore;
}

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function clientPlan(options: LanceClientOptions): ClientPlan {
  const { reconnect = {}, offsetDir } = options;
  const requestTimeoutMs = milliseconds('requestTimeoutMs', options.requestTimeoutMs ?? 30_000);
  if (offsetDir !== undefined && options.offsetStore !== undefined) {
    throw new InvalidOptionError('offsetDir', offsetDir, 'must not be given together with offsetStore');
  }
  if (options.tls && (options.connector ?? options.connectorTo) !== undefined) {
    throw new InvalidOptionError('tls', Object.keys(options.tls), 'must not be given with connector or connectorTo');
  }
  return {
    connector: route(options, requestTimeoutMs),
    requestTimeoutMs,
    commandConnections: poolPlan(options.commandConnections ?? {}),
    topicsIntervalMs: integerIn('topicsIntervalMs', options.topicsIntervalMs ?? 5_000, 10, 2 ** 31 - 1),
    reconnect: checkReconnect(reconnect),
    offsetStore:
      checkOffsetStore(options.offsetStore) ??
      (offsetDir === undefined ? new MemoryOffsetStore() : new FileOffsetStore(folderOf(offsetDir, 'offsetDir'))),
  };
}

function route(options: LanceClientOptions, requestTimeoutMs: number): Route {
  const { host = '127.0.0.1', port = 1992, connector, connectorTo, token, maxRedirects = 5 } = options;
  if (connectorTo !== undefined && typeof connectorTo !== 'function') {
    throw new InvalidOptionError('connectorTo', connectorTo, 'must be a function of { host, port }');
  }
  if (connector !== undefined) {
    checkConnector('connector', connector, 'must be a connector, such as server.connector() of an embedded server');
  }
  const own = ownWay(options);
  const reach = (connectorTo && made(connectorTo)) ?? (connector === undefined ? own : undefined);
  return new Route({
    origin: connector ?? (reach ?? own)({ host, port }),
    reach: reach && ((address) => reach(parseAddress(address))),
    maxRedirects: integerIn('maxRedirects', maxRedirects, 0, 1_000),
    requestTimeoutMs,
    token: token === undefined ? undefined : checkToken(token),
  });
}

/** What a user's function returns, checked. */
function made(connectorTo: (address: LanceAddress) => Connector): (address: LanceAddress) => Connector {
  return (address) =>
    checkConnector('connectorTo', connectorTo(address), 'must return a connector, such as tcp({ … })');
}

function checkConnector(option: string, way: Connector, rule: string): Connector {
  if (typeof way === 'object' && way !== null && typeof way.connect === 'function') return way;
  throw new InvalidOptionError(option, way, rule);
}

/** TCP, or TLS if that is asked for. */
function ownWay({ connectTimeoutMs, tls: secure }: LanceClientOptions): (address: LanceAddress) => Connector {
  if (secure === undefined || secure === false) return (address) => tcp({ ...address, connectTimeoutMs });
  const options = secure === true ? {} : onlyKnown('tls', secure, TLS_OPTIONS);
  return (address) => tls({ ...options, ...address, connectTimeoutMs });
}
