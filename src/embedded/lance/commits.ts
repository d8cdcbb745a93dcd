/** The genuine server keeps everything that it is told, unchecked; here what was told longest ago gives way. */
const MOST = 100_000;

/** Committed offsets, by topic and consumer. */
export class Commits {
  readonly #offsets = new Map<string, bigint>();

  get(topicId: number, consumerId: bigint): bigint | undefined {
    return this.#offsets.get(keyOf(topicId, consumerId));
  }

  set(topicId: number, consumerId: bigint, offset: bigint): void {
    const key = keyOf(topicId, consumerId);
    // A Map keeps the order in which keys came.
    this.#offsets.delete(key);
    this.#offsets.set(key, offset);
    const [longestAgo] = this.#offsets.size > MOST ? this.#offsets.keys() : [];
    if (longestAgo !== undefined) this.#offsets.delete(longestAgo);
  }

  clear(): void {
    this.#offsets.clear();
  }
}

function keyOf(topicId: number, consumerId: bigint): string {
  return `${topicId}/${consumerId}`;
}
