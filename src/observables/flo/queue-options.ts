import { MAX_WAIT_MS } from '../../codecs/flo/limits.js';
import type { PayloadCodec } from '../../codecs/payload/codec.js';
import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import type { OptionNames } from '../../foundation/known-options.js';
import type { FloOptions } from './kv-options.js';

/** How a message is put on a queue. */
export interface EnqueueOptions<V = Uint8Array | string> extends FloOptions {
  /** 0 to 255, higher goes first; 255 by default. What Flo's own clients call "higher = more urgent". */
  readonly urgency?: number;
  /** As it stands on the wire, 0 to 255: servers serve lower ones first. Instead of `urgency`. */
  readonly priority?: number;
  /** Keeps the message back for so many milliseconds. Not in `v2-table`. */
  readonly delayMs?: number;
  /** While a message with this key is known, it is not put again: the answer is its number. Not in `v2-table`. */
  readonly dedupKey?: string;
  /** Encodes the payload; without one it is bytes or a text. */
  readonly codec?: PayloadCodec<V>;
}

/** How messages are taken off a queue. */
export interface DequeueOptions extends FloOptions {
  /** How long they are leased, in milliseconds; the server's 30 000 by default. Not in `v2-table`. */
  readonly visibilityTimeoutMs?: number;
  /** How long to wait for a first message, 0 (default) to 300 000 ms. */
  readonly blockMs?: number;
}

/** Where messages go that are not acknowledged. */
export interface QueueNackOptions extends FloOptions {
  /** To the dead letters instead of back on the queue. Not in `v2-table`. */
  readonly toDlq?: boolean;
}

/** How much of the dead letters is listed. */
export interface DlqListOptions extends FloOptions {
  /** At most so many; 100 by default. Not in `v2-table`. */
  readonly limit?: number;
}

/** Those that `queue.enqueue` has. */
export const ENQUEUE_OPTIONS: OptionNames<EnqueueOptions> = {
  namespace: true,
  urgency: true,
  priority: true,
  delayMs: true,
  dedupKey: true,
  codec: true,
};

/** Those that `queue.dequeue` has. */
export const DEQUEUE_OPTIONS: OptionNames<DequeueOptions> = {
  namespace: true,
  visibilityTimeoutMs: true,
  blockMs: true,
};

const LOWEST = 255;

/** The priority on the wire, where 0 goes first (flo.md 4.3.1). */
export function priorityOf({ urgency, priority }: Omit<EnqueueOptions, 'codec'>): number | undefined {
  if (urgency === undefined) return priority === undefined ? undefined : integerIn('priority', priority, 0, LOWEST);
  if (priority !== undefined)
    throw new InvalidOptionError('priority', priority, 'must not be given together with urgency');
  return LOWEST - integerIn('urgency', urgency, 0, LOWEST);
}

/** How long a poll waits; 0 stands for not at all, which is said by leaving it out (flo.md 0). */
export function blockOf(option: string, blockMs: number): number {
  return integerIn(option, blockMs, 0, MAX_WAIT_MS);
}

/** A lease on the wire is a u32. */
export function leaseOf(option: string, leaseMs: number): number {
  return integerIn(option, leaseMs, 1, 0x7fff_ffff);
}
