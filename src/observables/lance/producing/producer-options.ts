import { MAX_PAYLOAD_BYTES } from '../../../codecs/lance/header.js';
import { integerIn, milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError, NotImplementedError } from '../../../foundation/errors.js';
import type { OptionNames } from '../../../foundation/known-options.js';

/** How records become batches. */
export interface ProducerOptions {
  /**
   * `'self-clocked'` (default) sends what there is, and lets the next batch grow while others are unacknowledged: no
   * timer, low latency when idle, large batches under load. `'linger'` waits for `batchSize` or `lingerMs`.
   */
  readonly batching?: 'self-clocked' | 'linger';
  /** The largest payload of a batch, in bytes; 1 MiB by default, 32 768 when lingering. A larger record goes alone. */
  readonly batchSize?: number;
  /** When lingering: how long a batch waits to be filled, in milliseconds; 5 by default. */
  readonly lingerMs?: number;
  /** How many batches may be unacknowledged; 2 by default, 64 when lingering. */
  readonly maxPendingAcks?: number;
  /** How many bytes may be unacknowledged or wait; 32 MiB by default. */
  readonly bufferBytes?: number;
  /** A record that is not acknowledged after this time fails, in milliseconds; 120 000 by default. */
  readonly deliveryTimeoutMs?: number;
  /** Whole batches can't be decompressed by any reader (lance.md 4): compress values with `codec: lz4(json())`. */
  readonly compression?: boolean;
}

/** Those that there are. */
export const PRODUCER_OPTIONS: OptionNames<ProducerOptions> = {
  batching: true,
  batchSize: true,
  lingerMs: true,
  maxPendingAcks: true,
  bufferBytes: true,
  deliveryTimeoutMs: true,
  compression: true,
};

export type ProducerPlan = Required<Omit<ProducerOptions, 'compression'>>;

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function producerPlan(options: ProducerOptions): ProducerPlan {
  const { batching = 'self-clocked', compression = false } = options;
  if (batching !== 'self-clocked' && batching !== 'linger') {
    throw new InvalidOptionError('batching', batching, "must be 'self-clocked' or 'linger'");
  }
  if (compression) {
    throw new NotImplementedError(
      'compression: batches are not compressed yet; compress values with codec: lz4(json())',
    );
  }
  const lingers = batching === 'linger';
  return {
    batching,
    batchSize: integerIn('batchSize', options.batchSize ?? (lingers ? 32_768 : 1 << 20), 64, MAX_PAYLOAD_BYTES),
    lingerMs: milliseconds('lingerMs', options.lingerMs ?? 5),
    maxPendingAcks: integerIn('maxPendingAcks', options.maxPendingAcks ?? (lingers ? 64 : 2), 1, 65_536),
    bufferBytes: integerIn('bufferBytes', options.bufferBytes ?? 32 << 20, 1, Number.MAX_SAFE_INTEGER),
    deliveryTimeoutMs: milliseconds('deliveryTimeoutMs', options.deliveryTimeoutMs ?? 120_000),
  };
}
