import type { Refusal } from '../../codecs/flo/codec.js';
import { integerIn, milliseconds } from '../../foundation/check.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { refusals } from './refusals.js';

/** The operations that the server carries out. */
export type FloOperationName =
  | 'ping'
  | 'kv.get'
  | 'kv.put'
  | 'kv.delete'
  | 'queue.enqueue'
  | 'queue.dequeue'
  | 'queue.ack'
  | 'queue.nack'
  | 'queue.touch'
  | 'queue.dlqList';

/** What faults may do to the server that they belong to. */
export interface FaultTarget {
  dropConnections(): void;
}

type Kind = 'drop before' | 'drop after' | 'swallow' | 'corrupt' | 'reject' | 'empty' | 'delay' | 'fail';

interface Rule {
  readonly kind: Kind;
  readonly operation: string | undefined;
  readonly delayMs: number;
  readonly refusal: Refusal;
  left: number;
}

/**
 * Misfortune on demand, for tests of clients. What is asked for the `next` things (of one operation, if one is given) is
 * used up by them, whichever connection they come from, and adds up when asked for twice.
 *
 * @example
 * import { FloServer } from 'sluice/embedded';
 * const server = FloServer.inMemory();
 * server.faults.failNext(2, { status: 12, text: 'no leader' }, 'queue.ack');
 */
export class FloFaults {
  readonly #target: FaultTarget;
  readonly #rules: Rule[] = [];
  readonly #notImplemented = new Set<string>();
  readonly #held: (() => void)[] = [];
  #toHold = 0;
  #refused = 0;

  constructor(target: FaultTarget) {
    this.#target = target;
  }

  /** Drops all open connections now. Clients may come back at once. */
  dropConnections(): void {
    this.#target.dropConnections();
  }

  /** The next `count` connections are dropped as soon as they are made. */
  refuseNextConnections(count: number): void {
    this.#refused += positive(count);
  }

  /** The next `count` requests are not carried out but refused so, with whatever status. */
  failNext(count: number, refusal: Refusal, operation?: FloOperationName): void {
    onlyKnown('failNext', refusal, { status: true, text: true, reason: true, ran: true });
    integerIn('status', refusal.status, 1, 255);
    this.#add('fail', count, operation, { refusal });
  }

  /** From now on an operation is answered with status 9 `not implemented`, as unknown ones are. */
  notImplement(operation: FloOperationName): void {
    this.#notImplemented.add(operation);
  }

  /** The next `count` requests are taken for unreadable: answered with id 0 and status 3, then their connection ends. */
  rejectNext(count: number, operation?: FloOperationName): void {
    this.#add('reject', count, operation);
  }

  /** The next `count` requests that would wait are answered at once as if their time were over. */
  emptyNextPolls(count: number, operation?: FloOperationName): void {
    this.#add('empty', count, operation);
  }

  /** The next `count` requests are carried out at once and answered `delayMs` later; others overtake them. */
  delayNextAnswers(count: number, delayMs: number, operation?: FloOperationName): void {
    this.#add('delay', count, operation, { delayMs: milliseconds('delayMs', delayMs) });
  }

  /** The next `count` requests are carried out and never answered. */
  swallowNextAnswers(count: number, operation?: FloOperationName): void {
    this.#add('swallow', count, operation);
  }

  /** The answers to the next `count` requests have a wrong checksum. */
  corruptNextAnswers(count: number, operation?: FloOperationName): void {
    this.#add('corrupt', count, operation);
  }

  /** The next `count` requests are carried out, then their connection is dropped instead of answering. */
  dropBeforeNextAnswers(count: number, operation?: FloOperationName): void {
    this.#add('drop before', count, operation);
  }

  /** The next `count` requests are carried out and answered, then their connection ends. */
  dropAfterNextAnswers(count: number, operation?: FloOperationName): void {
    this.#add('drop after', count, operation);
  }

  /** The next `count` answers are held until the last of them is due, and leave in reverse. */
  reverseNextAnswers(count: number): void {
    this.#toHold += positive(count);
  }

  /** Takes back everything that was asked for and has not happened yet; answers that are held leave. */
  clear(): void {
    this.#rules.length = 0;
    this.#notImplemented.clear();
    this.#refused = this.#toHold = 0;
    this.#release();
  }

  /** @internal */
  takeRefusal(): boolean {
    if (this.#refused === 0) return false;
    this.#refused--;
    return true;
  }

  /** @internal */
  take(kind: Kind, operation: string): boolean {
    return this.#take(kind, operation) !== undefined;
  }

  /** @internal */
  takeFailure(operation: string): Refusal | undefined {
    if (this.#notImplemented.has(operation)) return refusals.notImplemented;
    return this.#take('fail', operation)?.refusal;
  }

  /** @internal */
  takeDelayMs(operation: string): number {
    return this.#take('delay', operation)?.delayMs ?? 0;
  }

  /** Whether `send` is held, to be called later. @internal */
  hold(send: () => void): boolean {
    if (this.#toHold === 0) return false;
    this.#held.push(send);
    if (--this.#toHold === 0) this.#release();
    return true;
  }

  #release(): void {
    for (const send of this.#held.splice(0).toReversed()) send();
  }

  #add(
    kind: Kind,
    count: number,
    operation: FloOperationName | undefined,
    { delayMs = 0, refusal = refusals.notImplemented }: Partial<Pick<Rule, 'delayMs' | 'refusal'>> = {},
  ): void {
    this.#rules.push({ kind, operation, delayMs, refusal, left: positive(count) });
  }

  #take(kind: Kind, operation: string): Rule | undefined {
    if (this.#rules.length === 0) return undefined;
    const at = this.#rules.findIndex((rule) => rule.kind === kind && (rule.operation ?? operation) === operation);
    const rule = this.#rules[at];
    if (rule !== undefined && --rule.left === 0) this.#rules.splice(at, 1);
    return rule;
  }
}

function positive(count: number): number {
  return integerIn('count', count, 1, 1_000_000);
}
