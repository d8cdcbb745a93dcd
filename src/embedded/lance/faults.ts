import { integerIn, milliseconds } from '../../foundation/check.js';

/** What faults may do to the server that they belong to. */
export interface FaultTarget {
  dropConnections(): void;
  sendBackpressure(): void;
  trimTopic(name: string, bytes: number): void;
  truncateTopic(name: string, length: number): void;
}

/**
 * Misfortune on demand, for tests of clients. What is asked for `next` things is used up by them, whichever connection
 * they come from, and adds up when asked for twice.
 *
 * @example
 * import { LanceServer } from 'sluice/embedded';
 * const server = LanceServer.inMemory();
 * server.faults.failNextIngests(2, 'Unknown topic');
 */
export class LanceFaults {
  readonly #target: FaultTarget;
  readonly #ingestErrors: string[] = [];
  readonly #commandErrors: { readonly text: string; readonly command: number | undefined }[] = [];
  readonly #delays: number[] = [];
  readonly #catchingUp: (number | undefined)[] = [];
  #refused = 0;
  #dropsBeforeAck = 0;
  #dropsAfterAck = 0;
  #swallowedAcks = 0;
  #quorumMisses = 0;
  readonly #ackDelays: number[] = [];
  #swallowedReplies = 0;
  #corrupted = 0;

  constructor(target: FaultTarget) {
    this.#target = target;
  }

  /** Drops all open connections now. Clients may come back at once. */
  dropConnections(): void {
    this.#target.dropConnections();
  }

  /** The next `count` connections are dropped as soon as they are made. */
  refuseNextConnections(count: number): void {
    this.#refused += positive('refuseNextConnections', count);
  }

  /** The next `count` ingests are stored nowhere and answered with the error `text`. */
  failNextIngests(count: number, text: string): void {
    for (let left = positive('failNextIngests', count); left > 0; left--) this.#ingestErrors.push(text);
  }

  /** The next `count` control frames (only those with this command code, if given) do nothing but get the error `text`. */
  failNextCommands(count: number, text: string, command?: number): void {
    for (let left = positive('failNextCommands', count); left > 0; left--) this.#commandErrors.push({ text, command });
  }

  /** The next `count` rounds of ingests are stored, then their connection is dropped instead of acknowledging. */
  dropBeforeNextAcks(count = 1): void {
    this.#dropsBeforeAck += positive('dropBeforeNextAcks', count);
  }

  /** The next `count` rounds of ingests are stored and acknowledged, then their connection ends. */
  dropAfterNextAcks(count = 1): void {
    this.#dropsAfterAck += positive('dropAfterNextAcks', count);
  }

  /** The next `count` ingests are stored and never acknowledged. */
  swallowNextAcks(count: number): void {
    this.#swallowedAcks += positive('swallowNextAcks', count);
  }

  /** The next `count` rounds of ingests are stored, shown and acknowledged `delayMs` later; their connections stand still meanwhile. */
  delayNextAcks(count: number, delayMs: number): void {
    milliseconds('delayMs', delayMs);
    for (let left = positive('delayNextAcks', count); left > 0; left--) this.#ackDelays.push(delayMs);
  }

  /**
   * The next `count` rounds of ingests are stored for all to see, and answered as by a leader without a majority: with one
   * error for all of them (trap T 48).
   */
  missNextQuorums(count = 1): void {
    this.#quorumMisses += positive('missNextQuorums', count);
  }

  /** The next `count` control frames are carried out and never answered. */
  swallowNextReplies(count: number): void {
    this.#swallowedReplies += positive('swallowNextReplies', count);
  }

  /** The replies to the next `count` control frames come `delayMs` later; their connections stand still meanwhile. */
  delayNextReplies(count: number, delayMs: number): void {
    milliseconds('delayMs', delayMs);
    for (let left = positive('delayNextReplies', count); left > 0; left--) this.#delays.push(delayMs);
  }

  /** The next `count` control replies have a wrong checksum. */
  corruptNextReplies(count: number): void {
    this.#corrupted += positive('corruptNextReplies', count);
  }

  /** The next `count` fetches are answered with CatchingUp (by default with the topic's true end). */
  catchUpOnNextFetches(count: number, serverOffset?: number): void {
    for (let left = positive('catchUpOnNextFetches', count); left > 0; left--) this.#catchingUp.push(serverOffset);
  }

  /** Sends a Backpressure frame on every open connection now; the genuine server never does. */
  sendBackpressure(): void {
    this.#target.sendBackpressure();
  }

  /**
   * Forgets the oldest `bytes` of a topic, as retention does: all later offsets shift down by as much.
   *
   * @throws TopicNotFoundError
   */
  trimTopic(name: string, bytes: number): void {
    this.#target.trimTopic(name, integerIn('bytes', bytes, 0, Number.MAX_SAFE_INTEGER));
  }

  /**
   * Cuts a topic's data behind its first `length` bytes, as crash recovery does.
   *
   * @throws TopicNotFoundError
   */
  truncateTopic(name: string, length: number): void {
    this.#target.truncateTopic(name, integerIn('length', length, 0, Number.MAX_SAFE_INTEGER));
  }

  /** Takes back everything that was asked for and has not happened yet. */
  clear(): void {
    const lists = [this.#ingestErrors, this.#commandErrors, this.#delays, this.#ackDelays, this.#catchingUp];
    for (const list of lists) list.length = 0;
    this.#refused = this.#dropsBeforeAck = this.#dropsAfterAck = this.#quorumMisses = 0;
    this.#swallowedAcks = this.#swallowedReplies = this.#corrupted = 0;
  }

  /** @internal */
  takeRefusal(): boolean {
    return this.#refused > 0 && this.#refused-- > 0;
  }

  /** @internal */
  takeIngestError(): string | undefined {
    return this.#ingestErrors.shift();
  }

  /** @internal */
  takeCommandError(command: number): string | undefined {
    const index = this.#commandErrors.findIndex((error) => (error.command ?? command) === command);
    return index < 0 ? undefined : this.#commandErrors.splice(index, 1)[0]?.text;
  }

  /** @internal */
  takeDropBeforeAck(): boolean {
    return this.#dropsBeforeAck > 0 && this.#dropsBeforeAck-- > 0;
  }

  /** @internal */
  takeDropAfterAck(): boolean {
    return this.#dropsAfterAck > 0 && this.#dropsAfterAck-- > 0;
  }

  /** @internal */
  takeSwallowedAck(): boolean {
    return this.#swallowedAcks > 0 && this.#swallowedAcks-- > 0;
  }

  /** @internal */
  takeAckDelayMs(): number {
    return this.#ackDelays.shift() ?? 0;
  }

  /** @internal */
  takeQuorumMiss(): boolean {
    return this.#quorumMisses > 0 && this.#quorumMisses-- > 0;
  }

  /** @internal */
  takeSwallowedReply(): boolean {
    return this.#swallowedReplies > 0 && this.#swallowedReplies-- > 0;
  }

  /** @internal */
  takeDelayMs(): number {
    return this.#delays.shift() ?? 0;
  }

  /** @internal */
  takeCorruption(): boolean {
    return this.#corrupted > 0 && this.#corrupted-- > 0;
  }

  /** @internal */
  takeCatchingUp(end: number): number | undefined {
    if (this.#catchingUp.length === 0) return undefined;
    return this.#catchingUp.shift() ?? end;
  }
}

function positive(option: string, count: number): number {
  return integerIn(option, count, 1, 1_000_000);
}
