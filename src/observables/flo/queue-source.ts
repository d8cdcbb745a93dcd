import type { Operation } from '../../codecs/flo/codec.js';
import type { FloError } from '../../codecs/flo/errors.js';
import type { QueueAckRequest, QueueMessage, QueueNackRequest } from '../../codecs/flo/operations.js';
import { clock } from '../../foundation/clock.js';
import { callOf, type Answering, type Failure } from '../../transports/flo/call.js';
import type { DeliveryCore } from '../delivery/core/delivery-core.js';
import { NodeState, type LedgerNode } from '../delivery/core/node.js';
import type { Decision, DeliverySource, Handling } from '../delivery/core/source.js';
import type { Attempts } from './attempts.js';
import type { Commands } from './commands.js';
import type { MessagesPlan } from './messages-options.js';
import { PollLoop, type Answered, type Poll, type PollOwner } from './poll-loop.js';
import { QueueItem } from './queue-item.js';
import { Recovery, type RecoveryOwner } from './recovery.js';
import { Renewals, type RenewalsOwner } from './renewals.js';
import { Settlements, type SettlementsOwner, type Told, type Word } from './settlements.js';

/** What a queue source needs to know. */
export interface QueueSourcePlan<V> extends MessagesPlan<V> {
  readonly commands: Commands;
  readonly queue: Uint8Array;
  readonly namespace: string | undefined;
  /** Outlives the session. */
  readonly attempts: Attempts;
}

type Node<V> = LedgerNode<QueueItem<V>>;

/** Servers give a message up after so many deliveries (flo.md 4.3.7). */
const MOST_ATTEMPTS = 5;
/** So long what is given back, and the report, may wait for the last poll, which would only take it again. */
const LONGEST_KEPT_MS = 5_000;

/** One session of a queue: polls as far as there is room, keeps leases, and tells the server every fate. */
export class QueueSource<V>
  implements DeliverySource<QueueItem<V>>, PollOwner, SettlementsOwner, RenewalsOwner<V>, RecoveryOwner
{
  readonly takesDead: boolean;
  readonly maxAttempts: number | undefined;
  private readonly recovery: Recovery;
  private readonly polls: PollLoop;
  private readonly settlements = new Settlements(this);
  private readonly release: () => void;
  /** Undefined where the server forgets what it hands out. */
  private renewals: Renewals<V> | undefined;
  /** Those that were nacked and may still wait to come again. */
  private readonly delayed = new Set<Node<V>>();
  /** An answer is being dealt with: what it makes room for is asked for at once, when that is done. */
  private answering = 0;
  private over = false;

  constructor(
    private readonly plan: QueueSourcePlan<V>,
    private readonly core: DeliveryCore<QueueItem<V>>,
  ) {
    const { leases, blockMs, reconnect, commands } = plan;
    this.takesDead = leases !== undefined;
    this.maxAttempts = leases === undefined ? undefined : MOST_ATTEMPTS;
    this.recovery = new Recovery(reconnect, this);
    this.polls = new PollLoop(blockMs, this);
    if (leases !== undefined) this.renewals = new Renewals(leases, this);
    this.release = commands.link.hold();
  }

  // ---- DeliverySource

  pull(): void {
    if (this.answering === 0) this.polls.pull();
  }

  settle(node: Node<V>, decision: Decision): Handling {
    this.delayed.delete(node);
    if (decision.fate === 'nacked' && this.keeps(node, decision.delayMs)) return 'again';
    const word = decision.fate === 'acked' ? 'ack' : decision.fate === 'dead' ? 'dead' : 'nack';
    const { attempts } = this.plan;
    const { seq } = node.value;
    // At once: a nacked message may be here again before the nack is answered.
    if (word === 'nack') attempts.remember(seq, node.attempt);
    else attempts.forget(seq);
    this.say(word, node, () => {
      this.renewals?.remove(node);
      this.core.confirm(node, decision.fate);
    });
    return 'wait';
  }

  bury(): void {
    throw new Error('a message has no parts');
  }

  abandoned(node: Node<V>): void {
    this.renewals?.remove(node);
    this.delayed.delete(node);
    // One that nobody has seen was no attempt.
    if (node.outcome !== undefined) this.plan.attempts.remember(node.value.seq, node.attempt);
    this.say('back', node, () => {});
  }

  settled(): void {
    // A queue has no positions to commit.
  }

  drain(): void {
    this.polls.stop();
  }

  close(flushed: () => void): void {
    this.over = true;
    this.recovery.stop();
    this.renewals?.stop();
    const { isCutOff } = this.recovery;
    let isTold = false;
    const tell = (): void => {
      if (!isTold) flushed();
      isTold = true;
    };
    let isPolling = true;
    this.polls.close(() => {
      isPolling = false;
      this.settlements.close(isCutOff, () => {
        this.release();
        tell();
      });
    });
    if (!isPolling) return;
    // Nobody paces what is said from now on, so it has an end; a report does not wait for a long poll.
    if (!isCutOff) this.settlements.flush();
    this.settlements.close(isCutOff, this.plan.blockMs > LONGEST_KEPT_MS ? tell : () => {});
  }

  // ---- PollOwner

  get shareBytes(): number {
    return this.plan.shareBytes;
  }

  reserve(bytes: number): boolean {
    return !this.recovery.isPausing && this.core.reserve(bytes);
  }

  unreserve(bytes: number): void {
    this.core.unreserve(bytes);
  }

  poll(count: number, poll: Poll): () => boolean {
    const { commands, queue, blockMs, leases, namespace } = this.plan;
    const lease = leases === undefined ? {} : { visibilityTimeoutMs: leases.leaseMs };
    // First what is given back, then what is taken in its place: so the server never counts more than the window.
    this.settlements.flush();
    const { dequeue } = commands.wire.queue;
    const payload = commands.encode(dequeue, { queue, count, blockMs, ...lease }, namespace);
    return commands.link.send(callOf(dequeue, payload, commands.patience(blockMs), this.heeded(poll)));
  }

  arrived(message: QueueMessage, { sentMs, reservedBytes: reserved, isAlone }: Answered): void {
    const { codec, attempts } = this.plan;
    const now = clock.now();
    const leasedMs = this.leasedSince(sentMs);
    const value = new QueueItem<V>(message, codec, isAlone, leasedMs + this.leaseMs);
    const position = Number(message.seq);
    const attempt = attempts.next(message.seq, message.deliveryCount);
    const bytes = Math.max(1, value.bytes);
    const node = this.core.arrived({ value, position, end: position, bytes, reserved, attempt, sinceMs: now });
    if (node === undefined) this.giveBack([message], leasedMs);
    else this.renewals?.add(node, leasedMs);
  }

  giveBack(messages: readonly QueueMessage[], sinceMs: number): void {
    const nothing = (): void => {};
    const untilMs = sinceMs + this.leaseMs;
    for (const { seq } of messages) {
      this.settlements.add({ seq, word: 'back', isOurs: () => this.isLeased(untilMs), done: nothing, gone: nothing });
    }
  }

  trouble(error: FloError, how: Failure): void {
    this.recovery.trouble(error, how);
  }

  // ---- SettlementsOwner and RenewalsOwner

  get keepsBack(): boolean {
    return this.polls.isLeaving && this.plan.blockMs <= LONGEST_KEPT_MS;
  }

  get isPausing(): boolean {
    return this.recovery.isPausing;
  }

  tell(word: Word, seqs: readonly bigint[], told: Told): void {
    const { ack, nack } = this.plan.commands.wire.queue;
    if (word === 'ack') this.request(ack, { seqs }, told);
    else this.request(nack, word === 'dead' ? { seqs, toDlq: true } : { seqs }, told);
  }

  touch(seqs: readonly bigint[], told: Told): void {
    this.request(this.plan.commands.wire.queue.touch, { seqs }, told);
  }

  lost(node: Node<V>): void {
    this.delayed.delete(node);
    this.plan.attempts.remember(node.value.seq, node.attempt);
    this.core.lose(node);
  }

  unleased(error: FloError): void {
    this.renewals = undefined;
    this.core.pauses.remark = `the server has no leases, what it hands out is handed out once: ${error.message}`;
  }

  // ---- RecoveryOwner

  set(reason: 'reconnecting' | 'server', detail: string): void {
    this.core.set(reason, detail);
  }

  clear(reason: 'reconnecting' | 'server'): void {
    this.core.clear(reason);
  }

  resume(): void {
    this.settlements.resume();
    this.renewals?.resume();
    this.polls.pull();
  }

  fail(error: FloError): void {
    if (!this.over) this.core.fail(error);
  }

  // ---- the inner works

  /** Whether a nacked message waits here instead of with the server, whose wire has no delay (flo.md 4.3.3). */
  private keeps(node: Node<V>, delayMs: number): boolean {
    // What the server has forgotten, nobody else can give again.
    if (this.renewals === undefined) return true;
    if (delayMs === 0) return false;
    if (this.delayed.size >= this.plan.mostDelayed) {
      for (const other of this.delayed) if (other.state !== NodeState.Waiting) this.delayed.delete(other);
    }
    if (this.delayed.size >= this.plan.mostDelayed) return false;
    this.delayed.add(node);
    return true;
  }

  private get leaseMs(): number {
    return this.plan.leases?.leaseMs ?? Number.POSITIVE_INFINITY;
  }

  /** When the lease of what has just come began nobody tells: after the poll was sent, and seldom long before now. */
  private leasedSince(sentMs: number): number {
    return Math.max(sentMs, clock.now() - this.leaseMs / 10);
  }

  private isLeased(untilMs: number): boolean {
    return this.renewals === undefined || untilMs > clock.now();
  }

  private say(word: Word, node: Node<V>, done: () => void): void {
    const { value } = node;
    this.settlements.add({
      seq: value.seq,
      word,
      isOurs: () => this.isLeased(value.untilMs),
      done,
      gone: () => {
        this.renewals?.remove(node);
        this.core.lose(node);
      },
    });
  }

  private request<Q extends QueueAckRequest | QueueNackRequest>(
    operation: Operation<Q, void>,
    request: Omit<Q, 'queue'>,
    told: Told,
  ): void {
    const { commands, queue, namespace } = this.plan;
    const payload = commands.encode(operation, { ...request, queue } as Q, namespace);
    const answering = { answered: () => told.answered(), failed: told.failed.bind(told) };
    commands.link.send(callOf(operation, payload, commands.patience(), this.heeded<void>(answering)));
  }

  /** Whatever is answered says that the connection and the server are well. */
  private heeded<A>(then: Answering<A>): Answering<A> {
    return {
      ...then,
      sent: () => {
        this.recovery.connected();
        then.sent?.();
      },
      answered: (answer) => {
        this.recovery.well();
        this.answering++;
        then.answered(answer);
        this.answering--;
        this.pull();
        this.settlements.resume();
      },
    };
  }
}
