import { asJson, INSPECT, inspected, type Inspecting } from '../../../foundation/in-logs.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { withoutSecrets } from '../../../foundation/secrets.js';
import { CLIENT_OPTIONS, clientPlan, type LanceClientOptions } from '../connection/client-options.js';
import { holdGiven } from './given.js';

/**
 * The options of {@link LanceClient} as a config: it never changes, each `withX` returns another one. Durations are
 * milliseconds (lance.md 12.3).
 *
 * @example
 * import { LanceClient } from 'sluice/lance';
 * const config = new ClientConfig({ host: '127.0.0.1' }).withPort(1992).withConnectTimeout(2_000);
 * const lance = new LanceClient(config);
 */
export class ClientConfig implements LanceClientOptions {
  declare readonly tls?: NonNullable<LanceClientOptions['tls']>;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(options: LanceClientOptions = {}) {
    clientPlan(onlyKnown('ClientConfig', options, CLIENT_OPTIONS));
    holdGiven(this, options);
  }

  /** A name or an address; `127.0.0.1` by default. */
  get host(): string {
    return '127.0.0.1';
  }

  /** 1 to 65 535; 1992 by default. */
  get port(): number {
    return 1992;
  }

  /** Milliseconds; 10 000 by default. */
  get connectTimeoutMs(): number {
    return 10_000;
  }

  /** Milliseconds; 30 000 by default. */
  get requestTimeoutMs(): number {
    return 30_000;
  }

  withHost(host: string): ClientConfig {
    return this.with({ host });
  }

  withPort(port: number): ClientConfig {
    return this.with({ port });
  }

  withConnectTimeout(connectTimeoutMs: number): ClientConfig {
    return this.with({ connectTimeoutMs });
  }

  withRequestTimeout(requestTimeoutMs: number): ClientConfig {
    return this.with({ requestTimeoutMs });
  }

  /** TLS with the system's roots, or as the options say. */
  withSsl(tls: NonNullable<LanceClientOptions['tls']> = true): ClientConfig {
    return this.with({ tls });
  }

  /** Any other option, such as `token`, `reconnect` or `offsetDir`. */
  with(options: LanceClientOptions): ClientConfig {
    return new ClientConfig({ ...this, ...options });
  }

  /** What was given, for logs: secrets such as `token` and `tls.key` are hidden, and what is long is told by its length. */
  toJSON(): Record<string, unknown> {
    return asJson(withoutSecrets(this));
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('ClientConfig', withoutSecrets(this), how);
  }
}
