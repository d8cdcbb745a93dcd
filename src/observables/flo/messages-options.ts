import type { FloCodec } from '../../codecs/flo/codec.js';
import { MAX_WAIT_MS } from '../../codecs/flo/limits.js';
import type { PayloadCodec } from '../../codecs/payload/codec.js';
import { NotSupportedError } from '../../codecs/payload/errors.js';
import { raw } from '../../codecs/payload/raw.js';
import { integerIn } from '../../foundation/check.js';
import { checkReconnect, type ReconnectOptions } from '../../transports/reconnect.js';
import { Window, type WindowLimits } from '../delivery/core/window.js';
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
  const { window = DEFAULT_WINDOW } = options;
  const shared = window instanceof Window ? window : undefined;
  const limits = shared?.limits ?? new Window({ ...DEFAULT_WINDOW, ...window }).limits;
  return {
    // Without a codec V is the bytes.
    codec: options.codec ?? (raw() as PayloadCodec<unknown> as PayloadCodec<V>),
    window: () => shared ?? new Window(limits),
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
  if (leases && !hasLeases) throw unleased('leases', protocol);
  if (leases) {
    return {
      leaseMs: integerIn('visibilityTimeoutMs', visibilityTimeoutMs ?? 30_000, 1, 2 ** 31 - 1),
      maxLeaseMs: integerIn('maxLeaseMs', maxLeaseMs ?? 600_000, 1, 2 ** 31 - 1),
    };
  }
  if (visibilityTimeoutMs !== undefined) throw unleased('visibilityTimeoutMs', protocol);
  if (maxLeaseMs !== undefined) throw unleased('maxLeaseMs', protocol);
  return undefined;
}

function unleased(option: string, protocol: string): NotSupportedError {
  const message = `${option}: messages are not leased with protocol ${protocol} or leases: false`;
  return new NotSupportedError(message, { context: { option, protocol } });
}
