import { asJson, INSPECT, inspected, type Inspecting } from '../../../foundation/in-logs.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { withoutSecrets } from '../../../foundation/secrets.js';
import type { ReconnectOptions } from '../../../transports/reconnect.js';
import { clientPlan, type LanceClientOptions } from '../connection/client-options.js';
import type { TopicRef } from '../connection/topic-ref.js';
import type { OffsetStore } from '../stores/offset-store.js';
import type { SeekPosition } from '../standalone/seek-position.js';
import {
  connectionOf,
  STANDALONE_OPTIONS,
  standalonePlan,
  type StandaloneOptions,
  type StandalonePlan,
} from '../standalone/standalone-options.js';
import { isReconnecting, switchReconnect } from './auto-reconnect.js';
import { holdGiven } from './given.js';

type Options = Omit<StandaloneOptions, 'consumerName'>;

/**
 * The options of {@link StandaloneConsumer} as a config: it never changes, each `withX` returns another one. `consume`
 * takes it too. Durations are milliseconds (lance.md 12.3).
 *
 * @example
 * import { SeekPosition, StandaloneConsumer } from 'sluice/lance';
 * const config = new StandaloneConfig('my-consumer', { topicId: 1 })
 *   .withStartPosition(SeekPosition.BEGINNING)
 *   .withOffsetDir('/var/lib/lance/offsets')
 *   .withMaxFetchBytes(1_048_576);
 * StandaloneConsumer.connect('127.0.0.1:1992', config).subscribe((consumer) => console.log(consumer.position));
 */
export class StandaloneConfig implements StandaloneOptions {
  declare readonly consumerName: string;
  declare readonly topicId?: number;
  declare readonly topicName?: string;
  declare readonly offsetDir?: string;
  declare readonly offsetStore?: OffsetStore;
  declare readonly maxRecordBytes?: number;
  declare readonly tls?: NonNullable<LanceClientOptions['tls']>;
  declare readonly reconnect?: ReconnectOptions;
  readonly #plan: StandalonePlan;

  /** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
  constructor(consumerName: string, options: Options) {
    const given: StandaloneOptions = { ...options, consumerName };
    this.#plan = standalonePlan(onlyKnown('StandaloneConfig', given, STANDALONE_OPTIONS));
    clientPlan(connectionOf(given));
    holdGiven(this, given);
  }

  /** The topic's name or its id, whichever was given. */
  get topic(): TopicRef {
    return this.#plan.topic;
  }

  /** Where to start when no position is kept; `'beginning'` by default. */
  get startPosition(): SeekPosition {
    return 'beginning';
  }

  /** The most that one fetch may bring; 1 048 576 bytes by default. */
  get maxFetchBytes(): number {
    return this.#plan.maxFetchBytes;
  }

  /** Milliseconds; 5 000 by default, 0 never. */
  get autoCommitIntervalMs(): number {
    return this.#plan.autoCommitIntervalMs;
  }

  /** How long `poll` waits for the server, in milliseconds; 100 by default. */
  get pollTimeoutMs(): number {
    return this.#plan.pollTimeoutMs;
  }

  /** Whether a connection that broke is opened again; true by default. */
  get autoReconnect(): boolean {
    return isReconnecting(this.reconnect);
  }

  withStartPosition(startPosition: SeekPosition): StandaloneConfig {
    return this.with({ startPosition });
  }

  withOffsetDir(offsetDir: string): StandaloneConfig {
    return this.with({ offsetDir });
  }

  withMaxFetchBytes(maxFetchBytes: number): StandaloneConfig {
    return this.with({ maxFetchBytes });
  }

  withAutoCommitInterval(autoCommitIntervalMs: number): StandaloneConfig {
    return this.with({ autoCommitIntervalMs });
  }

  withPollTimeout(pollTimeoutMs: number): StandaloneConfig {
    return this.with({ pollTimeoutMs });
  }

  /** TLS with the system's roots, or as the options say. */
  withSsl(tls: NonNullable<LanceClientOptions['tls']> = true): StandaloneConfig {
    return this.with({ tls });
  }

  /** Off is `reconnect: { maxAttempts: 0 }`. */
  withAutoReconnect(on: boolean): StandaloneConfig {
    return this.with({ reconnect: switchReconnect(on, this.reconnect) });
  }

  /** Any other option, such as `connectTimeoutMs`, `requestTimeoutMs` or `token`. */
  with(options: Options): StandaloneConfig {
    const { consumerName, ...given }: StandaloneOptions = { ...this, ...options };
    return new StandaloneConfig(consumerName, given);
  }

  /** What was given, for logs: secrets such as `token` and `tls.key` are hidden, and what is long is told by its length. */
  toJSON(): Record<string, unknown> {
    return asJson(withoutSecrets(this));
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('StandaloneConfig', withoutSecrets(this), how);
  }
}
