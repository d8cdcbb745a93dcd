import type { Observable } from 'rxjs';
import type { SluiceError } from '../../foundation/errors.js';
import type { OptionNames } from '../../foundation/known-options.js';

/** Where a delivery came from. */
export interface Origin {
  readonly system: 'lance' | 'flo' | 'lightning';
  /** The topic, queue or stream. */
  readonly name: string;
  /** The offset, message or rollout id. */
  readonly position: bigint | string;
}

/** How a delivery ended. */
export type Fate = 'acked' | 'nacked' | 'dead' | 'abandoned';

/** The system's last word on a settled delivery; `error` says why the wish of the caller could not be fulfilled. */
export interface Outcome {
  readonly fate: Fate;
  readonly error?: SluiceError;
}

/**
 * What became of a call of `ack`, `nack` or `dead`: it counted, among several subscribers as one vote · the delivery was
 * decided before · it belongs to a past epoch or was lost, or its subscriber has left · the handle has no vote.
 */
export type Settled = 'settled' | 'again' | 'stale' | 'observer';

/** `delayMs` is how long the delivery stays away before it comes again; 0 by default. */
export interface NackOptions {
  readonly delayMs?: number;
}

/** What a dead letter says of its reason; `attempts` defaults to the delivery's own count. */
export interface DeadOptions {
  readonly reason?: string;
  readonly cause?: unknown;
  readonly attempts?: number;
}

/** @internal Those that there are. */
export const NACK_OPTIONS: OptionNames<NackOptions> = { delayMs: true };

/** @internal Those that there are. */
export const DEAD_OPTIONS: OptionNames<DeadOptions> = { reason: true, cause: true, attempts: true };

/** The key under which a delivery carries its {@link Duty}; the same across duplicate installs. */
export const DUTY: unique symbol = Symbol.for('sluice.duty') as never;

/**
 * A value together with the duty to settle it: exactly once, with `ack`, `nack` or `dead`. Until then it holds its
 * place in the window. Settling never calls the subscriber back; a second settle changes nothing and is counted. Of
 * several subscribers to a hot stream each holds its own handle and has a vote; the worst vote is carried out when all
 * have voted: dead, nacked (the longest delay), abandoned by one that left, acked.
 *
 * @example
 * import { of } from 'rxjs';
 * import type { Delivery } from 'sluice';
 * const handle = (delivery: Delivery<string>) => {
 *   if (delivery.value === '') return delivery.dead({ reason: 'empty' });
 *   return delivery.attempt < 3 ? delivery.nack({ delayMs: 100 }) : delivery.ack();
 * };
 */
export interface Delivery<T, R = void> {
  readonly value: T;
  readonly source: Origin;
  /** 1 for the first delivery, more for each time it comes again. */
  readonly attempt: number;
  /** Aborts when the delivery is lost: its lease ran out, the stream was left, or a drain reached its deadline. */
  readonly signal: AbortSignal;
  /** Emits once, when the fate is final, and completes; never errors. */
  readonly outcome$: Observable<Outcome>;
  ack(result: R): Settled;
  /** @throws {@link InvalidOptionError} when `delayMs` is negative or too large for a timer. */
  nack(options?: NackOptions): Settled;
  /** @throws {@link NoDeadLettersError} when the source has nowhere to put dead letters. */
  dead(options?: DeadOptions): Settled;
  /** @internal */
  readonly [DUTY]: Duty;
}

// oxlint-disable-next-line typescript/no-explicit-any -- variance: any delivery, whatever acks it
export type AnyDelivery = Delivery<any, any>;
// oxlint-disable-next-line typescript/no-explicit-any
export type ValueOf<D> = D extends Delivery<infer T, any> ? T : never;
// oxlint-disable-next-line typescript/no-explicit-any
export type ResultOf<D> = D extends Delivery<any, infer R> ? R : never;

/** One part of a delivery that goes to the dead letters alone, such as one record of a batch. */
export interface DeadPart {
  readonly bytes: Uint8Array;
  readonly position: bigint;
  readonly type: number;
}

/** How operators reach the session of a delivery. Derived deliveries share the duty of their parent. */
export interface Duty {
  readonly flow: Flow;
  /** True until the delivery is settled, by this subscriber or for all, or lost. */
  readonly open: boolean;
  /** Notes the operator that saw the delivery last, for `status$`. */
  touch(operator: string): void;
  /** A buffer keeps the delivery for an unknown time; it is told when the session needs it released. */
  hold(by: Holder): void;
  unhold(by: Holder): void;
  /** Calls `then` once when the delivery is lost; at once if it already is. */
  onLost(then: () => void): void;
  /**
   * What lies between these positions is settled part by part: `settledTo` says below which all is. Returns whom to tell
   * when that may have moved; undefined if the delivery lies elsewhere, or others have a say in it.
   */
  inParts?(from: number, to: number, settledTo: () => number): (() => void) | undefined;
  /** Sends a part to the dead letters; `then` gets the error if that failed. Never called back inside. */
  bury(part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void;
}

/** The session as operators see it. */
export interface Flow {
  readonly draining: boolean;
  /** Whether the source has a way for dead letters. */
  readonly takesDead: boolean;
  /** After how many deliveries the server dead-letters by itself; undefined if it does not. */
  readonly maxAttempts?: number | undefined;
  /** Stops fetching and emitting until the returned function is called; reasons add up. */
  pause(reason: string): () => void;
  /** Between `enter` and `exit` nothing reaches the subscriber. */
  enter(): void;
  exit(): void;
}

/** One who keeps deliveries back. */
export interface Holder {
  readonly name: string;
  release(why: 'drain' | 'starved'): void;
}

/** What can be promised with the server a stream talks to. */
export type Guarantee = 'at-least-once' | 'at-most-once';

/** Fates over all epochs of a stream: `delivered` is the sum of the next four and of what is in flight. */
export interface FateReport {
  readonly delivered: number;
  readonly acked: number;
  readonly nacked: number;
  readonly dead: number;
  readonly abandoned: number;
  /** Settles that decided nothing. */
  readonly late: number;
  /** What ended the stream while it drained. */
  readonly error?: unknown;
}

export type Reason = 'user' | 'window' | 'gap' | 'server' | 'reconnecting' | 'starved';

/** Whether a stream delivers, and if not, why and since when. */
export interface Status {
  readonly state: 'delivering' | 'paused' | 'draining' | 'ended';
  /** Empty while delivering. */
  readonly reasons: readonly Reason[];
  /** When this state began, in milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** For people: what is waited for. */
  readonly detail: string;
}
