import type { FloCodec, FloProtocol } from '../../codecs/flo/codec.js';
import { namespaceBytes } from '../../codecs/flo/checks.js';
import { codecFor } from '../../codecs/flo/codec-for.js';
import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { Connector } from '../../transports/channel.js';
import { checkReconnect, type ReconnectOptions } from '../../transports/reconnect.js';
import { tcp } from '../../transports/tcp.js';
import { parseEndpoint } from './endpoint.js';

/** How a server is talked to. */
export interface FloClientOptions {
  /** Of all operations that do not name their own; `default` by default. At most 255 bytes, without NUL. */
  readonly namespace?: string;
  /** How long opening a connection may take, and an answer beyond what it is asked to wait, in milliseconds; 5 000 by default. */
  readonly timeoutMs?: number;
  /** What the server speaks; `'v1-32'` by default. Nothing on the wire negotiates it (flo.md 0). */
  readonly protocol?: FloProtocol;
  /** What a `v1-32` server counts a TTL in; `'ms'` by default, `'s'` for those before autumn 2026. Not in `v2-table`. */
  readonly ttlUnit?: 's' | 'ms';
  /** How streams open a broken connection again; pauses from 100 to 30 000 ms without limit by default. Commands fail. */
  readonly reconnect?: ReconnectOptions;
  /** Another way to the server, such as `server.connector()` of an embedded one in memory; the endpoint doesn't count then. */
  readonly connector?: Connector;
  /** Is told what happens on the connection, such as `console.debug`. */
  readonly debug?: (line: string) => void;
}

const NAMES: OptionNames<FloClientOptions> = {
  namespace: true,
  timeoutMs: true,
  protocol: true,
  ttlUnit: true,
  reconnect: true,
  connector: true,
  debug: true,
};

/** A timer must hold it, and the longest wait on top. */
const LONGEST_TIMEOUT_MS = 2_000_000_000;

/** The options with all defaults filled in. */
export interface ClientPlan {
  readonly connector: Connector;
  readonly wire: FloCodec;
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly reconnect: ReconnectOptions;
  readonly log: ((line: string) => void) | undefined;
}

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function clientPlan(endpoint: string, options: FloClientOptions): ClientPlan {
  const {
    protocol = 'v1-32',
    namespace = 'default',
    ttlUnit,
    debug,
    reconnect = {},
  } = onlyKnown('FloClient', options, NAMES);
  if (protocol !== 'v1-32' && protocol !== 'v2-table') {
    throw new InvalidOptionError('protocol', protocol, "must be 'v1-32' or 'v2-table'");
  }
  if (ttlUnit !== undefined && ttlUnit !== 's' && ttlUnit !== 'ms') {
    throw new InvalidOptionError('ttlUnit', ttlUnit, "must be 's' or 'ms'");
  }
  if (ttlUnit !== undefined && protocol === 'v2-table') {
    throw new InvalidOptionError('ttlUnit', ttlUnit, 'has no effect in v2-table');
  }
  namespaceBytes(namespace);
  const address = parseEndpoint(endpoint);
  const timeoutMs = integerIn('timeoutMs', options.timeoutMs ?? 5_000, 1, LONGEST_TIMEOUT_MS);
  return {
    connector: options.connector ?? tcp({ ...address, connectTimeoutMs: timeoutMs }),
    wire: codecFor(protocol, ttlUnit === undefined ? {} : { ttlUnit }),
    namespace,
    timeoutMs,
    reconnect: checkReconnect(reconnect),
    log: debug,
  };
}
