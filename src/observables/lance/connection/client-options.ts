import { milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OptionNames } from '../../../foundation/known-options.js';
import type { Connector } from '../../../transports/channel.js';
import { checkReconnect, type ReconnectOptions } from '../../../transports/reconnect.js';
import { tcp } from '../../../transports/tcp.js';
import { checkOffsetStore } from '../stores/check-offset-store.js';
import { FileOffsetStore } from '../stores/file-offset-store.js';
import { MemoryOffsetStore } from '../stores/memory-offset-store.js';
import type { OffsetStore } from '../stores/offset-store.js';

/** Where the server is and how it is talked to. */
export interface LanceClientOptions {
  /** A name or an address, without a port; `127.0.0.1` by default. */
  readonly host?: string;
  /** 1 to 65 535; 1992 by default. */
  readonly port?: number;
  /** How long opening a connection may take, in milliseconds; 10 000 by default. */
  readonly connectTimeoutMs?: number;
  /** How long the server may take to answer or acknowledge, in milliseconds; 30 000 by default. */
  readonly requestTimeoutMs?: number;
  /** Pauses between attempts to reconnect; from 100 to 30 000 ms without limit by default. */
  readonly reconnect?: ReconnectOptions;
  /** Where consumers with a name keep their positions; in memory by default, which forgets them with the process. */
  readonly offsetStore?: OffsetStore;
  /** A folder for them, made if there is none: short for `offsetStore: new FileOffsetStore(offsetDir)`. */
  readonly offsetDir?: string;
  /** Another way to the server, such as `server.connector()` of an embedded one in memory; host and port don't count then. */
  readonly connector?: Connector;
}

/** Those that there are. */
export const CLIENT_OPTIONS: OptionNames<LanceClientOptions> = {
  host: true,
  port: true,
  connectTimeoutMs: true,
  requestTimeoutMs: true,
  reconnect: true,
  offsetStore: true,
  offsetDir: true,
  connector: true,
};

/** The options with all defaults filled in. */
export interface ClientPlan {
  readonly connector: Connector;
  readonly requestTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
  readonly offsetStore: OffsetStore;
}

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function clientPlan(options: LanceClientOptions): ClientPlan {
  const { host = '127.0.0.1', port = 1992, connectTimeoutMs = 10_000, reconnect = {}, offsetDir } = options;
  const requestTimeoutMs = milliseconds('requestTimeoutMs', options.requestTimeoutMs ?? 30_000);
  if (offsetDir !== undefined && options.offsetStore !== undefined) {
    throw new InvalidOptionError('offsetDir', offsetDir, 'must not be given together with offsetStore');
  }
  return {
    connector: options.connector ?? tcp({ host, port, connectTimeoutMs }),
    requestTimeoutMs,
    reconnect: checkReconnect(reconnect),
    offsetStore:
      checkOffsetStore(options.offsetStore) ??
      (offsetDir === undefined ? new MemoryOffsetStore() : new FileOffsetStore(offsetDir)),
  };
}
