import type { Observable } from 'rxjs';
import { MAX_PAYLOAD_BYTES } from '../../../codecs/lance/header.js';
import { MAX_RECORD_BYTES } from '../../../codecs/lance/record-type.js';
import { checkCodec } from '../../../codecs/payload/check-codec.js';
import type { PayloadCodec } from '../../../codecs/payload/codec.js';
import { integerIn, milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import type { Window, WindowLimits } from '../../delivery/core/window.js';
import { windowPlan } from '../../window-option.js';
import { checkOffset } from './check-offset.js';
import type { DeadLetter } from './dead-letter.js';
import type { OffsetStore } from '../stores/offset-store.js';

/** Takes a dead letter; what it returns is subscribed once, and its completion says that the letter is safe. */
export type DeadLetterSink = (letter: DeadLetter) => Observable<unknown>;

/** How a topic is read. */
export interface ConsumeOptions<V = Uint8Array> {
  /**
   * Keeps the position under this name, and goes on there next time; after a restart of the process only if the client
   * has an `offsetDir`, or an `offsetStore` that lasts.
   */
  readonly name?: string;
  /** Where to start when no position is kept: a byte offset from 0 to 2^53 - 1, or one of the ends; `'beginning'` by default. */
  readonly from?: 'beginning' | 'end' | bigint | number;
  /** Where to complete: a byte offset, or where the topic ends at subscription; never by default. */
  readonly until?: 'end' | bigint | number;
  /** Decodes `record.value`; without one it is the bytes. */
  readonly codec?: PayloadCodec<V>;
  /**
   * What may be unsettled or asked for at once; 4 deliveries and 16 MiB by default. May be shared with other streams.
   * What compressed values declare to become counts too: a batch waits, compressed, until there is room for it.
   */
  readonly window?: Window | Partial<WindowLimits>;
  /** The most that one fetch may bring, 1 to 16 777 156 bytes; 1 MiB by default, never more than the window. */
  readonly maxFetchBytes?: number;
  /** A record that announces more is taken for damage; 16 MiB by default. */
  readonly maxRecordBytes?: number;
  /** How many fetches may be out at once; 2 by default, 1 switches prefetching off. */
  readonly prefetch?: number;
  /** Where positions are kept; by default the client's. */
  readonly offsetStore?: OffsetStore;
  /** A position is stored after this time at the latest, in milliseconds; 5 000 by default. */
  readonly commitIntervalMs?: number;
  /** And after this many settled deliveries; 100 by default. */
  readonly commitCount?: number;
  /** Also tells the server each stored position; it forgets them when it restarts. False by default. */
  readonly commitToServer?: boolean;
  /** Where dead deliveries go: a topic, made if it does not exist, or a function. Without it there are none. */
  readonly deadLetters?: { readonly topic: string } | DeadLetterSink;
  /**
   * What becomes of a reader whose position leads nowhere, because segments were deleted or the topic was made anew
   * (lance.md 7.2, 7.9): by default, `'fail'`, an error: {@link TruncatedError} where no records are, after the patience
   * of `catchingUp` {@link ServerCatchingUpError} where the data ends before it, {@link TopicChangedError} or
   * {@link StalePositionError}. Else reading goes on at one of the ends, once everything in flight is settled; the
   * position there is stored, `status$` and `metrics()` tell of it. A shift that leaves a record at the old position
   * can't be noticed.
   */
  readonly onTruncated?: OnTruncated;
  /** How long a server that has less data than was asked for is waited for (lance.md 7.10). */
  readonly catchingUp?: CatchingUpOptions;
  /** How often `lag$` asks the server for the end of the topic, in milliseconds; 1 000 by default. */
  readonly lagIntervalMs?: number;
}

/** How {@link LanceClient.tail} reads a topic: like `consume`, but `from` is `'end'` by default. */
export type TailOptions<V = Uint8Array> = ConsumeOptions<V>;

/** What becomes of a reader whose position leads nowhere. */
export type OnTruncated = 'fail' | 'beginning' | 'end';

/** Patience with a server that has less data than was asked for: a follower that is behind, or one that lost data. */
export interface CatchingUpOptions {
  /** Between one answer and the next question, in milliseconds; 5 000 by default. */
  readonly pauseMs?: number;
  /** After so many answers without progress it is given up; 3 by default, `Infinity` waits for ever. */
  readonly attempts?: number;
}

const NAMES: OptionNames<ConsumeOptions> = {
  name: true,
  from: true,
  until: true,
  codec: true,
  window: true,
  maxFetchBytes: true,
  maxRecordBytes: true,
  prefetch: true,
  offsetStore: true,
  commitIntervalMs: true,
  commitCount: true,
  commitToServer: true,
  deadLetters: true,
  onTruncated: true,
  catchingUp: true,
  lagIntervalMs: true,
};

/** The options with all defaults filled in. */
export interface ConsumePlan<V> {
  readonly name: string | undefined;
  readonly from: 'beginning' | 'end' | number;
  readonly until: 'end' | number | undefined;
  readonly codec: PayloadCodec<V> | undefined;
  readonly window: () => Window;
  readonly maxFetchBytes: number;
  readonly maxRecordBytes: number;
  readonly prefetch: number;
  readonly commitIntervalMs: number;
  readonly commitCount: number;
  readonly commitToServer: boolean;
  readonly onTruncated: OnTruncated;
  readonly catchingUp: Required<CatchingUpOptions>;
  readonly lagIntervalMs: number;
}

const DEFAULT_WINDOW: WindowLimits = { deliveries: 4, bytes: 16 << 20 };
/** Head and header of a response count against the limit of 16 MiB that other clients have (lance.md T 35). */
const LARGEST_FETCH = MAX_PAYLOAD_BYTES - 60;

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function consumePlan<V>(method: 'consume' | 'tail', options: ConsumeOptions<V>): ConsumePlan<V> {
  const { name, until, deadLetters, onTruncated = 'fail' } = onlyKnown(method, options, NAMES, { to: 'until' });
  const { from = method === 'tail' ? 'end' : 'beginning', commitToServer = false } = options;
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw new InvalidOptionError('name', name, 'must be a text that is not empty');
  }
  if (deadLetters !== undefined && typeof deadLetters !== 'function' && typeof deadLetters?.topic !== 'string') {
    throw new InvalidOptionError('deadLetters', deadLetters, "must be { topic: 'name' } or a function");
  }
  if (typeof deadLetters === 'object') onlyKnown('deadLetters', deadLetters, { topic: true });
  if (!['fail', 'beginning', 'end'].includes(onTruncated)) {
    throw new InvalidOptionError('onTruncated', onTruncated, "must be 'fail', 'beginning' or 'end'");
  }
  if (typeof commitToServer !== 'boolean') {
    throw new InvalidOptionError('commitToServer', commitToServer, 'must be true or false');
  }
  const { limits, window } = windowPlan(options.window, DEFAULT_WINDOW);
  return {
    name,
    from: from === 'beginning' || from === 'end' ? from : checkOffset('from', from, 'beginning', 'end'),
    until: until === undefined || until === 'end' ? until : checkOffset('until', until, 'end'),
    codec: checkCodec('codec', options.codec),
    window,
    maxFetchBytes: Math.min(
      integerIn('maxFetchBytes', options.maxFetchBytes ?? Math.min(1 << 20, limits.bytes), 1, LARGEST_FETCH),
      limits.bytes,
    ),
    maxRecordBytes: integerIn('maxRecordBytes', options.maxRecordBytes ?? MAX_RECORD_BYTES, 1, 2 ** 31 - 1),
    prefetch: integerIn('prefetch', options.prefetch ?? 2, 1, 8),
    commitIntervalMs: milliseconds('commitIntervalMs', options.commitIntervalMs ?? 5_000),
    commitCount: integerIn('commitCount', options.commitCount ?? 100, 1, Number.MAX_SAFE_INTEGER),
    commitToServer,
    onTruncated,
    catchingUp: patience(options.catchingUp),
    lagIntervalMs: integerIn('lagIntervalMs', options.lagIntervalMs ?? 1_000, 1, 2 ** 31 - 1),
  };
}

function patience(options: CatchingUpOptions = {}): Required<CatchingUpOptions> {
  const { pauseMs = 5_000, attempts = 3 } = onlyKnown('catchingUp', options, { pauseMs: true, attempts: true });
  milliseconds('catchingUp.pauseMs', pauseMs);
  if (attempts !== Number.POSITIVE_INFINITY) integerIn('catchingUp.attempts', attempts, 1, Number.MAX_SAFE_INTEGER);
  return { pauseMs, attempts };
}
