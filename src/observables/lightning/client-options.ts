import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { Requester } from '../../transports/http/requester.js';
import { UndiciRequester } from '../../transports/http/undici-requester.js';
import { serverAddress } from '../../transports/lightning/server-address.js';
import type { StoreEnd } from '../../transports/lightning/store-call.js';

/** How a store is talked to; the first four are the official client's, in milliseconds (lightning.md 5.1). */
export interface LightningStoreClientOptions {
  /** The pause before each further attempt at a call; `[1000, 2000, 5000]` by default, `[]`: one attempt. */
  readonly retryDelaysMs?: readonly number[];
  /**
   * After each failure the server's health is asked for, again after each of these pauses; `[100, 200, 500]` by default,
   * `[]`: no probes. A call whose server is not well by then fails, however many `retryDelaysMs` are left.
   */
  readonly healthRetryDelaysMs?: readonly number[];
  /** How long each exchange may take from being asked for to its last byte; 30 000 by default. */
  readonly requestTimeoutMs?: number;
  /** How long opening a connection may take; 5 000 by default. */
  readonly connectionTimeoutMs?: number;
  /** Exchanges under way at a time, the others wait; 1 to 1 000, 32 by default. */
  readonly maxConnections?: number;
  /** Larger answers are an error, in bytes; 64 MiB by default. */
  readonly maxResponseBytes?: number;
  /** Another way to the server, such as `server.requester()` of an embedded one in memory; closed with the client. */
  readonly requester?: Requester;
}

const NAMES: OptionNames<LightningStoreClientOptions> = {
  retryDelaysMs: true,
  healthRetryDelaysMs: true,
  requestTimeoutMs: true,
  connectionTimeoutMs: true,
  maxConnections: true,
  maxResponseBytes: true,
  requester: true,
};

/** Where a client's paths begin, and how its calls go there. */
export interface StorePlan extends StoreEnd {
  readonly basePath: string;
}

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function storePlan(address: string, options: LightningStoreClientOptions): StorePlan {
  const { origin, basePath } = serverAddress(address);
  onlyKnown('LightningStoreClient', options, NAMES);
  const maxAnswerBytes = options.maxResponseBytes ?? 64 * 1024 * 1024;
  const sockets = {
    connectionTimeoutMs: milliseconds('connectionTimeoutMs', options.connectionTimeoutMs ?? 5_000),
    maxConnections: integerIn('maxConnections', options.maxConnections ?? 32, 1, 1_000),
    maxAnswerBytes: integerIn('maxResponseBytes', maxAnswerBytes, 1, 2 ** 31 - 1),
  };
  return {
    basePath,
    healthPath: `${basePath}/health`,
    rules: {
      retryDelaysMs: delays('retryDelaysMs', options.retryDelaysMs ?? [1_000, 2_000, 5_000]),
      healthRetryDelaysMs: delays('healthRetryDelaysMs', options.healthRetryDelaysMs ?? [100, 200, 500]),
      requestTimeoutMs: milliseconds('requestTimeoutMs', options.requestTimeoutMs ?? 30_000),
    },
    requester: options.requester ?? new UndiciRequester(origin, sockets),
  };
}

function delays(option: string, value: readonly number[]): readonly number[] {
  if (!Array.isArray(value)) throw new InvalidOptionError(option, value, 'must be a list of numbers of milliseconds');
  return value.map((delay: number, index) => milliseconds(`${option}[${index}]`, delay));
}
