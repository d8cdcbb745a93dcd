import type { FloCodec } from '../../codecs/flo/codec.js';
import { MAX_WAIT_MS } from '../../codecs/flo/limits.js';
import { checkCodec } from '../../codecs/payload/check-codec.js';
import type { PayloadCodec } from '../../codecs/payload/codec.js';
import { NotSupportedError } from '../../codecs/payload/errors.js';
import { raw } from '../../codecs/payload/raw.js';
import { integerIn } from '../../foundation/check.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { checkReconnect, type ReconnectOptions } from '../../transports/reconnect.js';
import type { Window, WindowLimits } from '../delivery/core/window.js';
import { windowPlan } from '../window-option.js';
import type { FloOptions } from './kv-options.js';
import type { LeaseTimes } from './renewals.js';

/** How the messages of a queue are taken and kept. */
export interface MessagesOptions<V = Uint8Array> extends FloOptions {
  /** Decodes `delivery.value` when it is read; without one it is the bytes. */
  readonly codec?: PayloadCodec<V>;
  /** What may be unsettled or asked for at once; 32 deliveries and 16 MiB by default. May be shared with other streams. */
  readonly window?: Window | Partial<WindowLimits>;
  /** How long a message is leased before it is renewed or comes again, in milliseconds; 30 000 by default. */
  readonly visibilityTimeoutMs?: number;
  /** How long a delivery may be kept at all, in milliseconds; 600 000 by default. Then it is lost, and comes again. */
  readonly maxLeaseMs?: number;
  /** How long an empty poll waits, 1 to 300 000 ms; 1 000 by default. Leaving the stream waits for it. */
  readonly blockMs?: number;
  /** False for servers that forget what they hand out; by default what the protocol has. */
  readonly leases?: boolean;
  /** Pauses between attempts to reconnect; by default the client's. */
  readonly reconnect?: ReconnectOptions;
}

const NAMES: OptionNames<MessagesOptions> = {
  namespace: true,
  codec: true,
  window: true,
  visibilityTimeoutMs: true,
  maxLeaseMs: true,
  blockMs: true,
  leases: true,
  reconnect: true,
};

/** The options with all defaults filled in. */
export interface MessagesPlan<V> {
  readonly codec: PayloadCodec<V>;
  readonly window: () => Window;
  /** What is reserved for a message before its size is known. */
  readonly shareBytes: number;
  /** How many may wait here to come again: beyond that a nack goes to the server at once. */
  readonly mostDelayed: number;
  readonly blockMs: number;
  /** Undefined where the server forgets what it hands out. */
  readonly leases: LeaseTimes | undefined;
  readonly reconnect: ReconnectOptions;
}

const DEFAULT_WINDOW: WindowLimits = { deliveries: 32, bytes: 16 << 20 };
const LARGEST_SHARE = 256 << 10;

/** @throws InvalidOptionError naming the option, the value and the rule; NotSupportedError for leases where there are none. */
export function messagesPlan<V>(
  wire: FloCodec,
  options: MessagesOptions<V>,
  reconnect: ReconnectOptions,
): MessagesPlan<V> {
  onlyKnown('queue.messages', options, NAMES);
  const { limits, window } = windowPlan(options.window, DEFAULT_WINDOW);
  return {
    // Without a codec V is the bytes.
    codec: checkCodec('codec', options.codec) ?? (raw() as PayloadCodec<unknown> as PayloadCodec<V>),
    window,
    shareBytes: Math.max(1, Math.min(LARGEST_SHARE, Math.floor(limits.bytes / limits.deliveries))),
    mostDelayed: Math.ceil(limits.deliveries / 2),
    blockMs: integerIn('blockMs', options.blockMs ?? 1_000, 1, MAX_WAIT_MS),
    leases: leasesOf(wire, options),
    reconnect: checkReconnect(options.reconnect ?? reconnect),
  };
}

function leasesOf(
  { leases: hasLeases, protocol }: FloCodec,
  options: Omit<MessagesOptions, 'codec'>,
): LeaseTimes | undefined {
  const { leases = hasLeases, visibilityTimeoutMs, maxLeaseMs } = options;
  const why = hasLeases ? 'leases: false' : `protocol ${protocol}`;
  if (leases && !hasLeases) throw unleased('leases', why);
  if (leases) {
    return {
      leaseMs: integerIn('visibilityTimeoutMs', visibilityTimeoutMs ?? 30_000, 1, 2 ** 31 - 1),
      maxLeaseMs: integerIn('maxLeaseMs', maxLeaseMs ?? 600_000, 1, 2 ** 31 - 1),
    };
  }
  if (visibilityTimeoutMs !== undefined) throw unleased('visibilityTimeoutMs', why);
  if (maxLeaseMs !== undefined) throw unleased('maxLeaseMs', why);
  return undefined;
}

function unleased(option: string, why: string): NotSupportedError {
  return new NotSupportedError(`${option}: messages are not leased with ${why}`, { context: { option } });
}
