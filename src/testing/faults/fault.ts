import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';

/** Which way something travels, as the client sees it. */
export type Direction = 'sent' | 'received';

/** What holds of all faults. */
interface Occurrence {
  /** It may meet nothing: `fault.ifAny`. */
  readonly ifAny?: true | undefined;
}

/** Both ends of all open connections are told that it is over; exchanges under way fail. */
export interface Drop extends Occurrence {
  readonly kind: 'drop';
}

/** From now on bytes come in pieces, each on a turn of its own. */
export interface Split extends Occurrence {
  readonly kind: 'split';
  readonly bytes: number;
}

/** From now on everything takes longer, each way; order is kept. */
export interface Delay extends Occurrence {
  readonly kind: 'delay';
  readonly ms: number;
  /** For how long; until `heal` if left out. */
  readonly forMs?: number | undefined;
}

/** The next frames that begin are lost. */
export interface DropFrame extends Occurrence {
  readonly kind: 'dropFrame';
  readonly direction: Direction;
  readonly count: number;
}

/** The next frame that begins comes twice. */
export interface Duplicate extends Occurrence {
  readonly kind: 'duplicate';
  readonly direction: Direction;
}

/** A bit of the next frame that begins is turned over. */
export interface Corrupt extends Occurrence {
  readonly kind: 'corrupt';
  readonly direction: Direction;
  /** Counted from the end of the frame if negative. */
  readonly byte: number;
  readonly bit: number;
}

/** The next answer that begins waits until the one behind it has passed. */
export interface Reorder extends Occurrence {
  readonly kind: 'reorder';
  /** It waits no longer, if none follows. */
  readonly withinMs: number;
}

/** What is open now falls silent: all that is sent is lost, and nobody is told. */
export interface HalfOpen extends Occurrence {
  readonly kind: 'halfOpen';
  /** After this time both ends are told that it is over; only `heal` does so if left out. */
  readonly forMs?: number | undefined;
}

/** From now on whoever reads takes so many bytes in a millisecond, at both ends. */
export interface SlowReader extends Occurrence {
  readonly kind: 'slowReader';
  readonly bytesPerMs: number;
}

/** All that lasts ends: what was held back comes now; what had fallen silent is over, and both ends are told. */
export interface Heal extends Occurrence {
  readonly kind: 'heal';
}

/** The server stops, and starts again with what it had stored. */
export interface Restart extends Occurrence {
  readonly kind: 'restart';
  readonly downMs: number;
}

/** The system's clock jumps, as when somebody sets it. */
export interface ClockJump extends Occurrence {
  readonly kind: 'clockJump';
  /** Negative: back. */
  readonly ms: number;
}

/** What can happen between a client and its server. */
export type WireFault = Drop | Split | Delay | DropFrame | Duplicate | Corrupt | Reorder | HalfOpen | SlowReader | Heal;

/** What can go wrong. */
export type Fault = WireFault | Restart | ClockJump;

const MANY = 1_000_000_000;

/**
 * Makes faults, for the legend of a diagram. What is lost, doubled, damaged or overtaken is the `next` frame that begins,
 * whichever connection it comes on; over HTTP it is the next request or answer. A fault that has met nothing when the test
 * ends fails it, unless it is wrapped in `ifAny`.
 *
 * @throws InvalidOptionError if a value is out of range.
 *
 * @example
 * import { fault } from 'sluice/testing';
 * const legend = { d: fault.drop(), s: fault.delay(200, 1_000), j: fault.clockJump(-3_600_000) };
 */
export const fault = {
  /** Resets all open connections; exchanges under way fail with `ECONNRESET`. What is on its way to the client is lost. */
  drop: (): Drop => ({ kind: 'drop' }),

  /** From now on bytes come in pieces of `bytes` (default 1), each on a turn of its own, in both directions. */
  split: (bytes = 1): Split => ({ kind: 'split', bytes: integerIn('split', bytes, 1, MANY) }),

  /** From now on, or for `forMs`, everything takes `ms` milliseconds longer each way; order is kept. */
  delay: (ms: number, forMs?: number): Delay => ({
    kind: 'delay',
    ms: milliseconds('delay', ms),
    forMs: forMs === undefined ? undefined : milliseconds('delay.forMs', forMs),
  }),

  /** Loses the next `count` frames (default 1) that begin in this direction. */
  dropFrame: (direction: Direction, count = 1): DropFrame => ({
    kind: 'dropFrame',
    direction: checked('dropFrame', direction),
    count: integerIn('dropFrame', count, 1, MANY),
  }),

  /** The next frame that begins in this direction comes twice; answers over HTTP can't. */
  duplicate: (direction: Direction): Duplicate => ({ kind: 'duplicate', direction: checked('duplicate', direction) }),

  /**
   * Turns over a bit (0 to 7, default 0) of the next frame that begins in this direction: of its byte `byte`, counted from
   * the end if negative. The default is the first one, which each protocol notices; over HTTP the first of the body.
   */
  corrupt: (direction: Direction, where: { readonly byte?: number; readonly bit?: number } = {}): Corrupt => {
    const { byte = 0, bit = 0 } = onlyKnown('corrupt', where, { byte: true, bit: true });
    return {
      kind: 'corrupt',
      direction: checked('corrupt', direction),
      byte: integerIn('corrupt.byte', byte, -MANY, MANY),
      bit: integerIn('corrupt.bit', bit, 0, 7),
    };
  },

  /**
   * The next answer that begins waits until the one behind it has passed, but at most `withinMs` (default 1 000). Only
   * where answers have ids or exchanges of their own: with Flo and over HTTP.
   */
  reorder: ({ withinMs = 1_000, ...others }: { readonly withinMs?: number } = {}): Reorder => {
    onlyKnown('reorder', others as { readonly withinMs?: number }, { withinMs: true });
    return { kind: 'reorder', withinMs: milliseconds('reorder.withinMs', withinMs) };
  },

  /**
   * What is open now falls silent: what is sent is lost in both directions and nobody is told, not even the server that
   * its client has left. New connections work. After `forMs`, or at `heal()`, both ends are told that it is over; who was
   * still opening a connection is told after 10 seconds.
   */
  halfOpen: (forMs?: number): HalfOpen => ({
    kind: 'halfOpen',
    forMs: forMs === undefined ? undefined : milliseconds('halfOpen', forMs),
  }),

  /** From now on whoever reads takes `bytesPerMs` bytes in a millisecond (a fraction is allowed), at both ends. */
  slowReader: (options: { readonly bytesPerMs: number }): SlowReader => {
    const { bytesPerMs } = onlyKnown('slowReader', options, { bytesPerMs: true });
    if (Number.isFinite(bytesPerMs) && bytesPerMs >= 0.001) return { kind: 'slowReader', bytesPerMs };
    throw new InvalidOptionError('slowReader.bytesPerMs', bytesPerMs, 'must be a number from 0.001');
  },

  /** The server stops, breaking its connections, and starts again after `downMs` milliseconds with what it had stored. */
  restart: (options: { readonly downMs: number }): Restart => {
    const { downMs } = onlyKnown('restart', options, { downMs: true });
    return { kind: 'restart', downMs: milliseconds('restart.downMs', downMs) };
  },

  /**
   * The system's clock jumps by `ms` milliseconds, back if negative: what RxJS's `asyncScheduler.now()` says, and timestamps.
   * Timers and deadlines don't move. In virtual time that clock begins at 0: let it jump ahead before it jumps back.
   */
  clockJump: (ms: number): ClockJump => {
    if (Number.isFinite(ms) && Math.abs(ms) <= 1e13) return { kind: 'clockJump', ms };
    throw new InvalidOptionError('clockJump', ms, 'must be a number of milliseconds from -1e13 to 1e13');
  },

  /** Ends all that lasts: what was held back comes now, what had fallen silent is told to be over. */
  heal: (): Heal => ({ kind: 'heal' }),

  /** The same fault for tests that try many moments: it may meet nothing, which otherwise fails the test. */
  ifAny: <F extends Fault>(given: F): F => ({ ...checkedFault('fault.ifAny', given), ifAny: true }),
} as const;

const KINDS: Readonly<Record<Fault['kind'], true>> = {
  drop: true,
  split: true,
  delay: true,
  dropFrame: true,
  duplicate: true,
  corrupt: true,
  reorder: true,
  halfOpen: true,
  slowReader: true,
  restart: true,
  clockJump: true,
  heal: true,
};

/**
 * Users may have no types.
 *
 * @throws InvalidOptionError if it is no fault.
 * @internal
 */
export function checkedFault<F extends Fault>(option: string, given: F): F {
  const { kind } = (given ?? {}) as { kind?: unknown };
  if (typeof kind === 'string' && Object.hasOwn(KINDS, kind)) return given;
  const rule = 'must be what fault.drop() and the like return';
  throw new InvalidOptionError(option, given, typeof given === 'function' ? `${rule}: call it` : rule);
}

function checked(option: string, direction: Direction): Direction {
  if (direction === 'sent' || direction === 'received') return direction;
  throw new InvalidOptionError(option, direction, "must be 'sent' or 'received'");
}
