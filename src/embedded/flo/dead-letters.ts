import type { Message } from './message.js';

/** The dead letters of one queue: a ring that drops the oldest once it is full (flo.md 4.3.7). */
export class DeadLetters {
  readonly #capacity: number;
  readonly #ring: Message[] = [];
  /** Where the oldest stands once the ring is full. */
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#ring.length;
  }

  add(message: Message): void {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(message);
      return;
    }
    if (this.#capacity === 0) return;
    this.#ring[this.#oldest] = message;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  /** The oldest `limit` of them, oldest first. */
  list(limit: number): Message[] {
    const count = Math.min(limit, this.#ring.length);
    return Array.from({ length: count }, (_, at) => this.#ring[(this.#oldest + at) % this.#ring.length]!);
  }
}
