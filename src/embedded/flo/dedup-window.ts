import { clock } from '../../foundation/clock.js';

interface Past {
  readonly key: string;
  readonly untilMs: number;
}

/** Which messages a queue knows by their dedup keys: those it has, and for a while those that have left. */
export class DedupWindow {
  readonly #windowMs: number;
  readonly #seqs = new Map<string, bigint>();
  /** Keys of messages that have left, in the order in which they are forgotten; those before `#next` are. */
  #past: Past[] = [];
  #next = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** The sequence number of the message that goes by this key. */
  seqOf(key: string): bigint | undefined {
    this.#forget();
    return this.#seqs.get(key);
  }

  add(key: string, seq: bigint): void {
    this.#seqs.set(key, seq);
  }

  /** The message with this key has left the queue; `atMs` never goes back. */
  left(key: string, atMs: number): void {
    this.#past.push({ key, untilMs: atMs + this.#windowMs });
    this.#forget();
  }

  #forget(): void {
    if (this.#past.length === 0) return;
    const now = clock.now();
    for (let past = this.#past[this.#next]; past !== undefined && past.untilMs <= now;) {
      this.#seqs.delete(past.key);
      past = this.#past[++this.#next];
    }
    // Cut only when half of it is over: each key is moved once at most.
    if (this.#next * 2 < this.#past.length) return;
    this.#past = this.#past.slice(this.#next);
    this.#next = 0;
  }
}
