import { asJson, INSPECT, inspected, type Inspecting } from '../../../foundation/in-logs.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import { withoutSecrets } from '../../../foundation/secrets.js';
import type { ReconnectOptions } from '../../../transports/reconnect.js';
import { CLIENT_OPTIONS, clientPlan, type LanceClientOptions } from '../connection/client-options.js';
import { PRODUCER_OPTIONS, producerPlan, type ProducerOptions } from '../producing/producer-options.js';
import { isReconnecting, switchReconnect } from './auto-reconnect.js';
import { holdGiven } from './given.js';

type Options = LanceClientOptions & ProducerOptions;

const NAMES: OptionNames<Options> = { ...CLIENT_OPTIONS, ...PRODUCER_OPTIONS };

/**
 * The options of {@link Producer} as a config: it never changes, each `withX` returns another one. Without more it is
 * self-clocked; `withBatching('linger')` brings the values that other clients name as their defaults: 32 768 bytes,
 * 5 ms, 64 unacknowledged batches (lance.md 12.3). What is given bounds both.
 *
 * @example
 * import { Producer } from 'sluice/lance';
 * const config = new ProducerConfig().withBatching('linger').withBatchSize(64 * 1024).withLingerMs(10);
 * Producer.connect('127.0.0.1:1992', config).subscribe((producer) => console.log(producer.bufferedBytes));
 */
export class ProducerConfig implements ProducerOptions {
  /** The largest payload of a batch, in bytes, if one was given; else 32 768 when lingering. */
  declare readonly batchSize?: number;
  /** How long a batch waits to be filled, in milliseconds, if that was given; else 5 when lingering. */
  declare readonly lingerMs?: number;
  /** How many batches may be unacknowledged, if that was given; else 64 when lingering. */
  declare readonly maxPendingAcks?: number;
  declare readonly tls?: NonNullable<LanceClientOptions['tls']>;
  declare readonly reconnect?: ReconnectOptions;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(options: Options = {}) {
    clientPlan(onlyKnown('ProducerConfig', options, NAMES));
    producerPlan(options);
    holdGiven(this, options);
  }

  /** `'self-clocked'` by default. */
  get batching(): 'self-clocked' | 'linger' {
    return 'self-clocked';
  }

  /** Whether batches are compressed, which no reader undoes (lance.md 4); false by default. */
  get compression(): boolean {
    return false;
  }

  /** Milliseconds; 10 000 by default. */
  get connectTimeoutMs(): number {
    return 10_000;
  }

  /** Milliseconds; 30 000 by default. */
  get requestTimeoutMs(): number {
    return 30_000;
  }

  /** Whether a connection that broke is opened again, and what was not acknowledged sent again; true by default. */
  get autoReconnect(): boolean {
    return isReconnecting(this.reconnect);
  }

  withBatching(batching: 'self-clocked' | 'linger'): ProducerConfig {
    return this.with({ batching });
  }

  withBatchSize(batchSize: number): ProducerConfig {
    return this.with({ batchSize });
  }

  withLingerMs(lingerMs: number): ProducerConfig {
    return this.with({ lingerMs });
  }

  withCompression(compression: boolean): ProducerConfig {
    return this.with({ compression });
  }

  withMaxPendingAcks(maxPendingAcks: number): ProducerConfig {
    return this.with({ maxPendingAcks });
  }

  withConnectTimeout(connectTimeoutMs: number): ProducerConfig {
    return this.with({ connectTimeoutMs });
  }

  withRequestTimeout(requestTimeoutMs: number): ProducerConfig {
    return this.with({ requestTimeoutMs });
  }

  /** TLS with the system's roots, or as the options say. */
  withSsl(tls: NonNullable<LanceClientOptions['tls']> = true): ProducerConfig {
    return this.with({ tls });
  }

  /** Off is `reconnect: { maxAttempts: 0 }`: what is not acknowledged when the connection breaks fails. */
  withAutoReconnect(on: boolean): ProducerConfig {
    return this.with({ reconnect: switchReconnect(on, this.reconnect) });
  }

  /** Any other option, such as `bufferBytes`, `deliveryTimeoutMs` or `token`. */
  with(options: Options): ProducerConfig {
    return new ProducerConfig({ ...this, ...options });
  }

  /** What was given, for logs: secrets such as `token` and `tls.key` are hidden, and what is long is told by its length. */
  toJSON(): Record<string, unknown> {
    return asJson(withoutSecrets(this));
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('ProducerConfig', withoutSecrets(this), how);
  }
}
