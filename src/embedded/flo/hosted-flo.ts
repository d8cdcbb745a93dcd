import { name, namespaceBytes } from '../../codecs/flo/checks.js';
import { integerIn, milliseconds } from '../../foundation/check.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { FloCore } from './core.js';
import type { FloCounters } from './counters.js';
import type { FloFaults } from './faults.js';
import type { KvWrite } from './kv-store.js';
import type { Enqueueing, MessageQueue } from './message-queue.js';
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

const ENQUEUEING: OptionNames<Enqueueing & InNamespace> = {
  priority: true,
  delayMs: true,
  dedupKey: true,
  namespace: true,
};

const WRITE: OptionNames<KvWrite & InNamespace> = {
  ttlMs: true,
  casVersion: true,
  condition: true,
  namespace: true,
};

const text = new TextEncoder();

/** What every embedded Flo server offers beside its wire: a look inside, and misfortune on demand. */
export abstract class HostedFlo {
  protected readonly core: FloCore;

  constructor(behaviour: FloBehaviour) {
    this.core = new FloCore(behaviour);
  }

  /** What clients are given: `host:port`, an IPv6 address in brackets. */
  abstract get address(): string;

  /** Where it is, for logs: what it holds is asked for by name. */
  toJSON(): { address: string } {
    return { address: this.address };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected(this.constructor.name, this.toJSON(), how);
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

  /**
   * Enqueues a copy of a message without a client; returns its sequence number.
   *
   * @throws InvalidOptionError for a name, priority or delay that no client could send.
   */
  enqueue(name: string, payload: Uint8Array, options: Enqueueing & InNamespace = {}): bigint {
    const { namespace, ...how } = onlyKnown('enqueue', options, ENQUEUEING);
    const qualified = nameOf('queue', name, { namespace });
    integerIn('priority', how.priority ?? 0, 0, 255);
    milliseconds('delayMs', how.delayMs ?? 0, Number.MAX_SAFE_INTEGER);
    this.core.advance();
    const seq = this.core.enqueue(qualified, copy(payload), how);
    this.core.setAlarm();
    return seq;
  }

  /** The key of this name, or undefined. The value is the server's own: don't change it. */
  kv(key: string, where: InNamespace = {}): HostedKey | undefined {
    const entry = this.core.kv.get(nameOf('key', key, where));
    return entry && { version: entry.version, value: entry.value };
  }

  /**
   * Writes a copy of a value without a client; returns its version, or undefined if what was demanded does not hold.
   *
   * @throws InvalidOptionError for a name or a time to live that no client could send.
   */
  put(key: string, value: Uint8Array, options: KvWrite & InNamespace = {}): bigint | undefined {
    const { namespace, ...write } = onlyKnown('put', options, WRITE);
    const qualified = nameOf('key', key, { namespace });
    milliseconds('ttlMs', write.ttlMs ?? 0, Number.MAX_SAFE_INTEGER);
    const outcome = this.core.put(qualified, copy(value), write);
    this.core.setAlarm();
    return typeof outcome === 'bigint' ? outcome : undefined;
  }

  #queue(name: string, where: InNamespace): MessageQueue | undefined {
    this.core.advance();
    return this.core.queues.get(nameOf('queue', name, where));
  }
}

/** Names that clients can't send must not reach the keys of another namespace by way of a NUL. */
function nameOf(option: 'key' | 'queue', key: string, where: InNamespace): string {
  const { namespace = '' } = onlyKnown(option, where, { namespace: true });
  namespaceBytes(namespace);
  return qualifiedName(namespace, name(option, text.encode(key)));
}

/** `slice` of a Buffer would be a view. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
