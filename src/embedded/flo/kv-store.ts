import { clock } from '../../foundation/clock.js';
import { Heap, type Placed } from './heap.js';

/** A key and what it holds now. */
export interface KvEntry {
  readonly version: bigint;
  readonly value: Uint8Array;
}

interface Held extends KvEntry, Placed {
  readonly name: string;
  readonly expiresAtMs: number;
}

/** What a write demands of what is there. */
export interface KvDemand {
  /** The version that must be the present one; 0 means: nothing must be there. */
  readonly casVersion?: bigint | undefined;
  readonly condition?: 'always' | 'ifAbsent' | 'ifPresent' | undefined;
}

/** How a write asks to be kept. */
export interface KvWrite extends KvDemand {
  readonly ttlMs?: number | undefined;
}

/** Why a write did not happen. */
export type KvConflict = 'casMismatch' | 'conditionFailed';

/**
 * Keys of all namespaces by their qualified names. Versions grow across all keys, as the log of the genuine server does.
 * Keys expire when somebody looks: no timer stands behind them, yet none is kept for longer than until the next call.
 */
export class KvStore {
  readonly #entries = new Map<string, Held>();
  readonly #expiring = new Heap<Held>((one, other) => one.expiresAtMs < other.expiresAtMs);
  #version = 0n;

  /** How many keys there are now. */
  get size(): number {
    this.#expire();
    return this.#entries.size;
  }

  get(name: string): KvEntry | undefined {
    this.#expire();
    return this.#entries.get(name);
  }

  /** Keeps `value` itself, which must not change any more. A write without `ttlMs` clears an earlier one. */
  put(name: string, value: Uint8Array, { ttlMs = 0, ...demand }: KvWrite = {}): bigint | KvConflict {
    this.#expire();
    const conflict = this.#conflict(name, demand);
    if (conflict !== undefined) return conflict;
    this.#remove(name);
    const version = ++this.#version;
    const expiresAtMs = ttlMs > 0 ? clock.now() + ttlMs : Number.POSITIVE_INFINITY;
    const entry: Held = { name, version, value, expiresAtMs, place: -1 };
    this.#entries.set(name, entry);
    if (ttlMs > 0) this.#expiring.add(entry);
    return version;
  }

  /** A key that is not there is missing, whatever version was demanded (flo.md 4.2.3). */
  delete(name: string, demand: KvDemand = {}): 'deleted' | 'missing' | KvConflict {
    this.#expire();
    if (!this.#entries.has(name)) return 'missing';
    const conflict = this.#conflict(name, demand);
    if (conflict !== undefined) return conflict;
    this.#remove(name);
    this.#version++;
    return 'deleted';
  }

  #conflict(name: string, { casVersion, condition = 'always' }: KvDemand): KvConflict | undefined {
    const present = this.#entries.get(name);
    if (casVersion !== undefined && casVersion !== (present?.version ?? 0n)) return 'casMismatch';
    const wanted = condition === 'always' || (condition === 'ifPresent') === (present !== undefined);
    return wanted ? undefined : 'conditionFailed';
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#expiring.remove(entry);
  }

  #expire(): void {
    if (this.#expiring.size === 0) return;
    const now = clock.now();
    for (let entry = this.#expiring.first; entry !== undefined && entry.expiresAtMs <= now;) {
      this.#remove(entry.name);
      entry = this.#expiring.first;
    }
  }
}
