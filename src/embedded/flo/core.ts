import type { FloCodec, FloProtocol } from '../../codecs/flo/codec.js';
import { codecFor } from '../../codecs/flo/codec-for.js';
import { clock } from '../../foundation/clock.js';
import type { ServerEnd, ServerEvents } from '../../transports/server-end.js';
import { Alarm } from './alarm.js';
import { Conversation } from './conversation.js';
import { Tally } from './counters.js';
import { FloFaults, type FaultTarget } from './faults.js';
import { kvOperations } from './kv-operations.js';
import { KvStore, type KvConflict, type KvWrite } from './kv-store.js';
import type { Enqueueing, MessageQueue } from './message-queue.js';
import { notImplemented, serve, type ServedOperation } from './operation.js';
import { resolveBehaviour, type FloBehaviour, type ResolvedBehaviour } from './options.js';
import { Parking } from './parking.js';
import { queueOperations } from './queue-operations.js';
import { Queues } from './queues.js';

/**
 * A Flo server without a transport: bytes and the clock in, bytes out. Keys, queues and requests that wait are the
 * server's; everything else belongs to one {@link Conversation}. Its one timer runs only while requests wait.
 */
export class FloCore implements FaultTarget {
  readonly behaviour: ResolvedBehaviour;
  readonly codecs: Readonly<Record<FloProtocol, FloCodec>>;
  readonly kv = new KvStore();
  readonly parking: Parking;
  readonly faults = new FloFaults(this);
  readonly tally = new Tally(() => this.parking.size);
  readonly queues: Queues;
  readonly #operations: Readonly<Record<FloProtocol, ReadonlyMap<number, ServedOperation>>>;
  readonly #conversations = new Set<Conversation>();
  readonly #alarm = new Alarm(() => this.#ring());

  constructor(behaviour: FloBehaviour = {}) {
    this.behaviour = resolveBehaviour(behaviour);
    const { bodies, ttlUnit, maxWaiting } = this.behaviour;
    this.codecs = { 'v1-32': codecFor('v1-32', { bodies, ttlUnit }), 'v2-table': codecFor('v2-table') };
    this.parking = new Parking(maxWaiting);
    this.queues = new Queues(this.behaviour, this.tally.queues);
    this.#operations = {
      'v1-32': this.#operationsOf(this.codecs['v1-32']),
      'v2-table': this.#operationsOf(this.codecs['v2-table']),
    };
  }

  /** A client has come. The server says nothing first. */
  accept(end: ServerEnd): ServerEvents {
    const conversation = new Conversation(this, end);
    this.#conversations.add(conversation);
    this.tally.connections.total++;
    this.tally.connections.open++;
    if (this.faults.takeRefusal()) conversation.drop();
    return conversation;
  }

  /** A conversation is over. */
  left(conversation: Conversation): void {
    if (this.#conversations.delete(conversation)) this.tally.connections.open--;
  }

  dropConnections(): void {
    for (const conversation of this.#conversations) conversation.drop();
  }

  /** What an opcode stands for. */
  operation({ protocol }: FloCodec, opcode: number): ServedOperation {
    return this.#operations[protocol].get(opcode) ?? notImplemented(this, opcode);
  }

  /** Writes a key and answers those who wait for that. Keeps `value` itself. */
  put(name: string, value: Uint8Array, write: KvWrite): bigint | KvConflict {
    const outcome = this.kv.put(name, value, write);
    if (typeof outcome === 'bigint') this.parking.wake(this.spotOfKey(name));
    return outcome;
  }

  /** Whether queue messages are leased; the examined servers are done with what they hand out, and honour priorities only. */
  get leasing(): boolean {
    return this.behaviour.semantics === 'documented';
  }

  /** Enqueues a message and hands it to one who waits. Keeps `payload` itself. */
  enqueue(name: string, payload: Uint8Array, how: Enqueueing): bigint {
    const queue = this.queues.make(name);
    const seq = queue.enqueue(payload, this.leasing ? how : { priority: how.priority });
    this.wake(queue);
    return seq;
  }

  /** Messages of a queue may be ready: those who wait for them come first. */
  wake(queue: MessageQueue): void {
    if (queue.ready > 0) this.parking.wake(this.spotOfQueue(queue.name));
  }

  /** Ends the leases and delays whose time has come; to be called before anything that looks at queues. */
  advance(): void {
    for (const queue of this.queues.advance()) this.wake(queue);
  }

  /** To be called when a request has begun or ceased to wait, or messages have become due at another time. */
  setAlarm(): void {
    if (this.parking.size === 0) return this.#alarm.set(undefined);
    const deadline = this.parking.nextDeadlineMs ?? Number.POSITIVE_INFINITY;
    const due = this.queues.nextDueMs ?? Number.POSITIVE_INFINITY;
    const next = Math.min(deadline, due);
    this.#alarm.set(next === Number.POSITIVE_INFINITY ? undefined : next);
  }

  spotOfKey(name: string): string {
    return `key ${name}`;
  }

  spotOfQueue(name: string): string {
    return `queue ${name}`;
  }

  #ring(): void {
    this.advance();
    this.parking.expire(clock.now());
    this.setAlarm();
  }

  #operationsOf(codec: FloCodec): ReadonlyMap<number, ServedOperation> {
    const ping = serve(this, codec.ping, (exchange) => exchange.answer('PONG'));
    const all = [ping, ...kvOperations(this, codec), ...queueOperations(this, codec)];
    return new Map(all.map((operation) => [operation.opcode, operation]));
  }
}
