import type { SluiceError } from '../../../foundation/errors.js';
import type { DeadOptions, DeadPart } from '../types.js';
import type { LedgerNode } from './node.js';

/** A caller's decision on a delivery. */
export type Decision =
  | { readonly fate: 'acked'; readonly result: unknown }
  | { readonly fate: 'nacked'; readonly delayMs: number }
  | { readonly fate: 'dead'; readonly options: DeadOptions };

/**
 * What the source makes of a decision: `done` settles it now · `wait` settles it when the source calls
 * `core.confirm` · `again` delivers it again from memory after the delay, its place in the window kept.
 */
export type Handling = 'done' | 'wait' | 'again';

/** What a source says of something that has arrived. */
export interface Arrival<T> {
  readonly value: T;
  /** Where it begins and ends; for logs these lie end to end. */
  readonly position: number;
  readonly end: number;
  /** Bytes retained, trued up against `reserved`. */
  readonly bytes: number;
  readonly reserved: number;
  readonly attempt?: number;
  /** When it arrived; many that come at once can share one look at the clock. */
  readonly sinceMs?: number;
}

/** One session of a system, as the engine sees it. None of these may call the engine's `arrived` synchronously. */
export interface DeliverySource<T> {
  /** Whether `dead` leads anywhere. */
  readonly takesDead: boolean;
  /** After how many deliveries the server dead-letters by itself; `work` refuses a policy that tries more often. */
  readonly maxAttempts?: number | undefined;
  /** There may be room: `core.reserve` and ask for more. */
  pull(): void;
  /** May call `core.confirm` inside. If it throws, nothing is decided, and the caller of `ack` gets the error. */
  settle(node: LedgerNode<T>, decision: Decision): Handling;
  /** Sends a part of a delivery to the dead letters; calls `then` on a later turn. */
  bury(node: LedgerNode<T>, part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void;
  /**
   * The session will not decide about this delivery any more, though the server may still hold it for us: give it back
   * if the protocol can. Called once per node, after it has left the books (`node.decided`):
   *
   * - while the session goes on, when a subscriber of a hot stream left before it had decided, and nobody else's vote
   *   is worse; its credit comes back after that, so that what is asked for in its place is asked for later;
   * - when a drain begins, for what has arrived and was not handed out, and for what waits to come again; then for every
   *   `again` that is answered while draining;
   * - at the deadline of a drain, for everything unsettled;
   * - at the end of the session, before `close`, for everything unsettled, what was never handed out included.
   *
   * Never after `done`, `confirm` or `core.lose`, nor for one whose decision was answered with `wait`: its request is
   * under way, and what is confirmed before `flushed` counts. It is called inside a settle, an unsubscribe or a turn, so
   * it must not throw, and it may send but not wait.
   */
  abandoned?(node: LedgerNode<T>): void;
  /**
   * A subscriber of a hot stream has left before it had decided, and nobody else's vote is worse: after how many
   * milliseconds the others get the delivery again, from memory. Undefined, as for a source without this, gives it back.
   */
  repeatsAfterMs?(node: LedgerNode<T>): number | undefined;
  /** The ledger has changed: a good moment to think of committing. */
  settled(): void;
  /** Part of a delivery is settled: the watermark may have moved. */
  settledInPart?(): void;
  /** A drain has begun: ask for nothing more. */
  drain(): void;
  /**
   * The session is over, the ledger's watermark final, and `abandoned` called for all that was left; `flushed` is to be
   * called once, when nothing is left to be stored, confirmed or given back.
   */
  close(flushed: () => void): void;
}

/** A one-shot timer that can be called off. */
export interface Timer {
  unsubscribe(): void;
}

/** What the engine needs of the world around it. */
export interface CoreHost<T> {
  now(): number;
  /** Runs `then` once after `delayMs`, 0 for the next turn. */
  after(delayMs: number, then: () => void): Timer;
  emit(node: LedgerNode<T>): void;
  complete(): void;
  error(error: unknown): void;
  /** The status may have changed. */
  changed(): void;
}
