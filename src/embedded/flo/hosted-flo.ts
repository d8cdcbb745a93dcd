import type { Enqueueing, MessageQueue } from './message-queue.js';
import { FloCore } from './core.js';
import type { FloCounters } from './counters.js';
import type { FloFaults } from './faults.js';
import type { KvWrite } from './kv-store.js';
import type { FloBehaviour } from './options.js';
import { qualifiedName } from './qualified-name.js';

/** How many messages of a queue are where, at this moment. */
export interface HostedQueue {
  readonly ready: number;
  readonly delayed: number;
  readonly leased: number;
  readonly dead: number;
}

/** A message that was given up, as a server keeps it. */
export interface DeadLetter {
  readonly seq: bigint;
  readonly payload: Uint8Array;
  readonly deliveryCount: number;
  readonly priority: number;
}

/** A key as it is now. */
export interface HostedKey {
  readonly version: bigint;
  readonly value: Uint8Array;
}

/** Where to look: without it in `default`. */
export interface InNamespace {
  readonly namespace?: string | undefined;
}

const text = new TextEncoder();

/** What every embedded Flo server offers beside its wire: a look inside, and misfortune on demand. */
export abstract class HostedFlo {
  protected readonly core: FloCore;

  constructor(behaviour: FloBehaviour) {
    this.core = new FloCore(behaviour);
  }

  /** Makes things go wrong. */
  get faults(): FloFaults {
    return this.core.faults;
  }

  /** What the server has seen and done so far; the object goes on counting. */
  get counters(): FloCounters {
    return this.core.tally;
  }

  /** How many messages of a queue are where; all 0 for one that nobody has used. */
  queue(name: string, where: InNamespace = {}): HostedQueue {
    const queue = this.#queue(name, where);
    if (queue === undefined) return { ready: 0, delayed: 0, leased: 0, dead: 0 };
    const { ready, delayed, leased, deadLetters } = queue;
    return { ready, delayed, leased, dead: deadLetters.size };
  }

  /** The dead letters of a queue, oldest first. Payloads are the server's own: don't change them. */
  deadLetters(name: string, where: InNamespace = {}): DeadLetter[] {
    const dead = this.#queue(name, where)?.deadLetters;
    return (dead?.list(dead.size) ?? []).map(({ seq, payload, deliveryCount, priority }) => ({
      seq,
      payload,
      deliveryCount,
      priority,
    }));
  }

  /** Enqueues a copy of a message without a client; returns its sequence number. */
  enqueue(name: string, payload: Uint8Array, { namespace, ...how }: Enqueueing & InNamespace = {}): bigint {
    this.core.advance();
    const seq = this.core.enqueue(nameOf(name, { namespace }), payload.slice(), how);
    this.core.setAlarm();
    return seq;
  }

  /** The key of this name, or undefined. The value is the server's own: don't change it. */
  kv(key: string, where: InNamespace = {}): HostedKey | undefined {
    const entry = this.core.kv.get(nameOf(key, where));
    return entry && { version: entry.version, value: entry.value };
  }

  /** Writes a copy of a value without a client; returns its version, or undefined if what was demanded does not hold. */
  put(key: string, value: Uint8Array, { namespace, ...write }: KvWrite & InNamespace = {}): bigint | undefined {
    const outcome = this.core.put(nameOf(key, { namespace }), value.slice(), write);
    this.core.setAlarm();
    return typeof outcome === 'bigint' ? outcome : undefined;
  }

  #queue(name: string, where: InNamespace): MessageQueue | undefined {
    this.core.advance();
    return this.core.queues.get(nameOf(name, where));
  }
}

function nameOf(key: string, { namespace = '' }: InNamespace): string {
  return qualifiedName(namespace, text.encode(key));
}
