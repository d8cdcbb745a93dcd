/** Rollout ids, first in, first out. */
export class RolloutQueue {
  #ids: string[] = [];
  #head = 0;
  readonly #waiting = new Map<string, number>();

  get length(): number {
    return this.#ids.length - this.#head;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  push(id: string): void {
    this.#ids.push(id);
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
  }

  shift(): string | undefined {
    const id = this.#ids[this.#head];
    if (id === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#ids.length) {
      this.#ids = this.#ids.slice(this.#head);
      this.#head = 0;
    }
    const left = (this.#waiting.get(id) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(id);
    else this.#waiting.set(id, left);
    return id;
  }
}
