import { MAX_PAYLOAD_BYTES } from '../../../codecs/lance/header.js';
import { requireLz4 } from '../../../codecs/payload/lz4-block.js';
import { integerIn, milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OptionNames } from '../../../foundation/known-options.js';

/** How records become batches, and what is held of them. */
export interface ProducerOptions {
  /**
   * `'self-clocked'` (default): the first record leaves at once; while its batch is unacknowledged the next one grows, and
   * leaves with the acknowledgement, or when it is full. No timer, low latency when idle, large batches under load.
   * `'linger'`: a batch waits for `batchSize` or `lingerMs`, whatever is unacknowledged.
   */
  readonly batching?: 'self-clocked' | 'linger';
  /**
   * The largest payload of a batch, in bytes; 32 768 by default when lingering. Else batches have up to 512 KiB, and up
   * to 4 259 840 bytes once a server took 4 ms or longer for eight full ones in a row, but not a second, nor a sixteenth
   * of `deliveryTimeoutMs`, until the connection is another one: a server that writes to a disk writes 4 MiB at once, and
   * waits 5 ms for more before it writes less (lance.md 16.5); over a slow line they stay small. A larger record goes alone.
   */
  readonly batchSize?: number;
  /**
   * How long a batch waits to be filled, in milliseconds: 5 by default when lingering. When self-clocked, what is given
   * here is how long a batch waits for the one before it, at most; without it, until that is acknowledged.
   */
  readonly lingerMs?: number;
  /**
   * How many batches may be unacknowledged: 64 by default when lingering; else two, or as many small ones as make 512 KiB
   * (2 MiB with `widenRound`), 64 at most. With 1 the order is kept even when a server can't take a batch for a while (it
   * could not forward it, say) and would have taken the next one.
   */
  readonly maxPendingAcks?: number;
  /** How many bytes may be unacknowledged or wait; 32 MiB by default. */
  readonly bufferBytes?: number;
  /** A record that is not acknowledged after this time fails, in milliseconds; 120 000 by default. */
  readonly deliveryTimeoutMs?: number;
  /**
   * Sends each batch as one LZ4 block if that is smaller, as the Python client does; off by default. **No reader can
   * decompress it**: servers forget that it was compressed, and how large it was (lance.md 4). To compress for readers,
   * compress values: `codec: lz4(json())`.
   */
  readonly compression?: boolean;
  /**
   * How long the connection may be silent before the server is asked whether it is still there, in milliseconds; 0
   * (default) never asks. No answer within `requestTimeoutMs` ends the connection. Servers need none: a server that
   * vanishes without a word is noticed with the next record anyway.
   */
  readonly keepaliveIntervalMs?: number;
  /**
   * Sends 1 MiB of nothing when the connection opens, after which a server reads 1 MiB at once instead of 256 KiB
   * (lance.md 16.5); off by default. Batches of up to 64 KiB, of which many are unacknowledged, then go two to three
   * times as fast; larger ones gain nothing.
   */
  readonly widenRound?: boolean;
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
  keepaliveIntervalMs: true,
  widenRound: true,
};

/** The options with all defaults filled in. */
export interface ProducerPlan extends Required<Omit<ProducerOptions, 'lingerMs'>> {
  /** When self-clocked: undefined waits for the batch before. */
  readonly lingerMs: number | undefined;
  /** What batches may have before it is known how fast the server is; `batchSize` is what they may have then. */
  readonly firstBatchSize: number;
  /** `maxPendingAcks` alone says how many may be in flight. */
  readonly isBounded: boolean;
  /** Two batches may always be in flight; more only while those have fewer bytes than this. */
  readonly pipelineBytes: number;
}

/** Fits, three times, where a CPU has it at hand; smaller ones cost more calls. */
const FIRST_BATCH = 512 << 10;
/** Just above the 4 MiB that a server flushes at once, for records of up to 64 KiB. */
const FULL_BATCH = (4 << 20) + (64 << 10);
/** Two of the rounds in which a server reads: one is being written, the other is ready. */
const TWO_ROUNDS = 2 * (256 << 10);
const TWO_WIDE_ROUNDS = 2 * (1 << 20);

/** @throws {@link InvalidOptionError} naming the option, the value and the rule; `NotSupportedError` without LZ4. */
export function producerPlan(options: ProducerOptions): ProducerPlan {
  const { batching = 'self-clocked', compression = false, widenRound = false } = options;
  if (batching !== 'self-clocked' && batching !== 'linger') {
    throw new InvalidOptionError('batching', batching, "must be 'self-clocked' or 'linger'");
  }
  if (yesOrNo('compression', compression)) requireLz4();
  const lingers = batching === 'linger';
  const lingerMs = options.lingerMs ?? (lingers ? 5 : undefined);
  const batchSize = integerIn('batchSize', options.batchSize ?? (lingers ? 32_768 : FULL_BATCH), 64, MAX_PAYLOAD_BYTES);
  const maxPendingAcks = integerIn('maxPendingAcks', options.maxPendingAcks ?? 64, 1, 65_536);
  const bufferBytes = integerIn('bufferBytes', options.bufferBytes ?? 32 << 20, 1, Number.MAX_SAFE_INTEGER);
  const isBounded = lingers || options.maxPendingAcks !== undefined;
  const pipelineBytes = isBounded ? Number.POSITIVE_INFINITY : widenRound ? TWO_WIDE_ROUNDS : TWO_ROUNDS;
  return {
    batching,
    batchSize,
    firstBatchSize: lingers || options.batchSize !== undefined ? batchSize : FIRST_BATCH,
    lingerMs: lingerMs === undefined ? undefined : milliseconds('lingerMs', lingerMs),
    maxPendingAcks,
    bufferBytes,
    deliveryTimeoutMs: milliseconds('deliveryTimeoutMs', options.deliveryTimeoutMs ?? 120_000),
    compression,
    keepaliveIntervalMs: milliseconds('keepaliveIntervalMs', options.keepaliveIntervalMs ?? 0),
    widenRound: yesOrNo('widenRound', widenRound),
    isBounded,
    pipelineBytes,
  };
}

function yesOrNo(option: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(option, value, 'must be true or false');
}
