const FIRST_SEGMENT = 64 * 1024;
const LAST_SEGMENT = 1024 * 1024;
/** Below this, an entry of its own costs more than copying the bytes. */
const WORTH_KEEPING = 64 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * One topic's byte string: append-only, in pieces that never move. What is appended can be read only after it was
 * revealed, because a fetch that arrives together with an ingest must still see the old end (section 1.3).
 * Positions count from the oldest byte still retained and are safe numbers.
 */
export class TopicLog {
  /** Absolute positions, ascending; entry i holds what lies between its start and the next one's (or the end). */
  readonly #starts: number[] = [];
  /** The last entry may be longer than its data: then the rest of it is free. */
  readonly #pieces: Uint8Array[] = [];
  #segmentBytes = FIRST_SEGMENT;
  /** True if the free rest of the last entry is ours to fill. */
  #open = false;
  /** The free rest of a segment behind which foreign bytes were put. */
  #spare: Uint8Array = NOTHING;
  /** Absolute position of the oldest byte retained. */
  #base = 0;
  #end = 0;
  #visible = 0;

  /** How many bytes readers can see, which is also the position of the next one. */
  get length(): number {
    return this.#visible - this.#base;
  }

  /** Copies `bytes` to the end. Returns what to {@link reveal}. */
  append(bytes: Uint8Array): number {
    let from = 0;
    while (from < bytes.length) {
      const room = this.#room();
      const count = Math.min(room.length, bytes.length - from);
      room.set(bytes.subarray(from, from + count));
      from += count;
      this.#end += count;
    }
    return this.#end;
  }

  /** Like {@link append}, but keeps `bytes` itself if it is large: it must never change again. */
  adopt(bytes: Uint8Array): number {
    if (bytes.length < WORTH_KEEPING) return this.append(bytes);
    if (this.#open) this.#spare = this.#room();
    this.#open = false;
    this.#push(bytes);
    this.#end += bytes.length;
    return this.#end;
  }

  /** Lets readers see everything up to what {@link append} returned. */
  reveal(end: number): void {
    if (end > this.#visible) this.#visible = Math.min(end, this.#end);
  }

  /** The `count` bytes from position `start` on, as views of the pieces that they lie in. These bytes never change. */
  slices(start: number, count: number): Uint8Array[] {
    const slices: Uint8Array[] = [];
    let position = this.#base + start;
    const until = position + count;
    for (let index = this.#find(position); position < until; index++) {
      const begin = this.#starts[index] ?? 0;
      const stop = Math.min(until, this.#starts[index + 1] ?? this.#end);
      slices.push((this.#pieces[index] ?? NOTHING).subarray(position - begin, stop - begin));
      position = stop;
    }
    return slices;
  }

  /** Copies `count` bytes from position `start` on to `target` at `at`. */
  copy(start: number, count: number, target: Uint8Array, at: number): void {
    for (const slice of this.slices(start, count)) {
      target.set(slice, at);
      at += slice.length;
    }
  }

  /** Forgets the oldest `count` bytes, as retention does: every later position moves down by as much. */
  trimHead(count: number): void {
    this.#base += Math.min(count, this.length);
    const gone = this.#find(this.#base);
    this.#starts.splice(0, gone);
    this.#pieces.splice(0, gone);
  }

  /** Cuts everything from position `length` on, as crash recovery does. */
  truncate(length: number): void {
    const end = this.#base + Math.min(length, this.length);
    while ((this.#starts.at(-1) ?? -1) >= end) {
      this.#starts.pop();
      this.#pieces.pop();
    }
    // The rest of the last piece has been given out, or is someone else's memory.
    this.#open = false;
    this.#end = end;
    this.#visible = end;
  }

  #room(): Uint8Array {
    if (this.#open) {
      const last = this.#pieces.at(-1) ?? NOTHING;
      const used = this.#end - (this.#starts.at(-1) ?? 0);
      if (used < last.length) return last.subarray(used);
    }
    this.#push(this.#spare.length > 0 ? this.#spare : this.#segment());
    this.#spare = NOTHING;
    this.#open = true;
    return this.#pieces.at(-1) ?? NOTHING;
  }

  #segment(): Uint8Array {
    const segment = new Uint8Array(Buffer.allocUnsafeSlow(this.#segmentBytes).buffer);
    this.#segmentBytes = Math.min(LAST_SEGMENT, this.#segmentBytes * 2);
    return segment;
  }

  #push(piece: Uint8Array): void {
    this.#starts.push(this.#end);
    this.#pieces.push(piece);
  }

  /** The entry that holds an absolute position; the last one if it lies at the end. */
  #find(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
