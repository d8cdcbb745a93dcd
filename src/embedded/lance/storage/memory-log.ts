import type { MemoryBudget, Chunk, Piece, PieceOwner } from './memory-budget.js';
import { Segments } from './segments.js';
import { MOST_FROM_DISK, type ClosedSegment, type TopicLog } from './topic-log.js';

/** Chunks begin with this and double, unless they leave memory before they are full. */
const FIRST_CHUNK = 64 * 1024;
const LEAST_CHUNK = 4 * 1024;
const LAST_CHUNK = 1024 * 1024;
/** Below this, a piece of its own costs more than copying the bytes. */
const WORTH_KEEPING = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** A topic in memory, in pieces that never move; the oldest ones leave it for a file when there are too many. */
export class MemoryLog implements TopicLog, PieceOwner {
  readonly #budget: MemoryBudget;
  readonly #segments: Segments;
  /** Ascending, without gaps; the last one may be longer than its data: then the rest of it is free. */
  readonly #pieces: Piece[] = [];
  #chunkBytes = FIRST_CHUNK;
  /** True if the free rest of the last piece is ours to fill. */
  #open = false;
  /** A chunk with free room behind which foreign bytes were put. */
  #spare: { readonly chunk: Chunk; readonly bytes: Uint8Array } | undefined;
  /** Absolute position of the oldest byte retained. */
  #base = 0;
  #end = 0;
  #visible = 0;

  constructor(budget: MemoryBudget, segmentBytes: number) {
    this.#budget = budget;
    this.#segments = new Segments(segmentBytes);
  }

  get length(): number {
    return this.#visible - this.#base;
  }

  get closed(): ClosedSegment[] {
    return this.#segments.closedFrom(this.#base);
  }

  get closings(): number {
    return this.#segments.closings;
  }

  append(bytes: Uint8Array): number {
    const segment = this.#segments.room(this.#end, bytes.length);
    const last = this.#pieces[this.#pieces.length - 1];
    if (last?.bytes !== undefined && bytes.length < WORTH_KEEPING && bytes.length <= this.#free()) {
      last.bytes.set(bytes, this.#end - last.start);
      this.#end += bytes.length;
    } else {
      this.#add(bytes);
    }
    segment.end = this.#end;
    return this.#end;
  }

  reveal(end: number): void {
    if (end > this.#visible) this.#visible = Math.min(end, this.#end);
  }

  sync(then: () => void): void {
    then();
  }

  slices(start: number, count: number): Uint8Array[] {
    const slices: Uint8Array[] = [];
    let position = this.#base + start;
    const until = position + count;
    let left = MOST_FROM_DISK;
    for (let index = this.#find(position); position < until; index++) {
      const piece = this.#pieces[index];
      if (piece === undefined) break;
      const stop = Math.min(until, this.#endOf(index), piece.bytes === undefined ? position + left : until);
      if (piece.bytes === undefined) left -= stop - position;
      if (stop === position) break;
      slices.push(this.#read(piece, position - piece.start, stop - piece.start));
      position = stop;
    }
    return slices;
  }

  trimHead(count: number): void {
    this.#base += Math.min(count, this.length);
    this.#segments.dropBefore(this.#base);
    for (const piece of this.#pieces.splice(0, this.#find(this.#base))) this.#budget.forget(piece);
  }

  truncate(length: number): void {
    const end = this.#base + Math.min(length, this.length);
    this.#segments.cutAt(end);
    while ((this.#pieces.at(-1)?.start ?? -1) >= end) this.#forgetLast();
    // The rest of the last piece has been given out, or is someone else's memory.
    this.#open = false;
    this.#end = end;
    this.#visible = end;
  }

  roll(): void {
    this.#segments.roll();
  }

  /** Gives everything back. */
  dispose(): void {
    this.#dropSpare();
    for (const piece of this.#pieces.splice(0)) this.#budget.forget(piece);
  }

  evict(piece: Piece): void {
    const index = this.#find(piece.start);
    if (piece.bytes === undefined || this.#pieces[index] !== piece) return;
    const used = this.#endOf(index) - piece.start;
    piece.extent = this.#budget.spill.write(piece.bytes.subarray(0, used));
    const isOpen = this.#open && index === this.#pieces.length - 1;
    const hasSpare = this.#spare?.chunk === piece.chunk;
    this.#budget.release(piece);
    // Too large for how fast it fills: with many topics, every payload would displace a whole chunk of another topic.
    if (isOpen || hasSpare) this.#chunkBytes = Math.max(LEAST_CHUNK, Math.min(used, LAST_CHUNK));
    if (isOpen) this.#open = false;
    if (hasSpare) this.#dropSpare();
  }

  #add(bytes: Uint8Array): void {
    const small = bytes.length < WORTH_KEEPING;
    this.#budget.makeRoom(small ? this.#wanted(bytes.length) : bytes.length);
    if (small) this.#copy(bytes);
    else this.#adopt(bytes);
  }

  /** How much memory so few bytes will take in addition. */
  #wanted(bytes: number): number {
    return bytes <= this.#free() + (this.#spare?.bytes.length ?? 0) ? 0 : Math.max(this.#chunkBytes, bytes);
  }

  /** How much room there is in the last piece. */
  #free(): number {
    const last = this.#open ? this.#pieces[this.#pieces.length - 1] : undefined;
    return last?.bytes === undefined ? 0 : last.bytes.length - (this.#end - last.start);
  }

  #copy(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const room = this.#room(bytes.length - from);
      const count = Math.min(room.length, bytes.length - from);
      room.set(bytes.subarray(from, from + count));
      from += count;
      this.#end += count;
    }
  }

  #adopt(bytes: Uint8Array): void {
    const last = this.#pieces.at(-1)?.chunk;
    // The same bytes again take no more memory.
    const chunk = last?.buffer === bytes.buffer ? last : this.#budget.chunk(bytes.buffer);
    if (this.#open) this.#keepSpare();
    this.#open = false;
    this.#push(bytes, chunk);
    this.#end += bytes.length;
  }

  /** Free memory behind the last byte: some, or as much as is wanted. */
  #room(wanted: number): Uint8Array {
    const rest = this.#open ? this.#rest() : NOTHING;
    if (rest.length > 0) return rest;
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#push(spare.bytes, spare.chunk);
      this.#dropSpare();
    } else {
      const bytes = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, wanted));
      this.#chunkBytes = Math.min(LAST_CHUNK, this.#chunkBytes * 2);
      this.#push(bytes, this.#budget.chunk(bytes.buffer));
    }
    this.#open = true;
    return this.#pieces.at(-1)?.bytes ?? NOTHING;
  }

  /** The part of the last piece that nothing has been written to. */
  #rest(): Uint8Array {
    const last = this.#pieces.at(-1);
    return last?.bytes?.subarray(this.#end - last.start) ?? NOTHING;
  }

  #keepSpare(): void {
    const chunk = this.#pieces.at(-1)?.chunk;
    const bytes = this.#rest();
    if (chunk === undefined || bytes.length === 0) return;
    this.#dropSpare();
    chunk.uses++;
    this.#spare = { chunk, bytes };
  }

  #dropSpare(): void {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) this.#budget.leave(spare.chunk);
  }

  #push(bytes: Uint8Array, chunk: Chunk): void {
    const piece: Piece = { start: this.#end, bytes, chunk, extent: undefined };
    this.#pieces.push(piece);
    this.#budget.add(piece, this);
  }

  #forgetLast(): void {
    const piece = this.#pieces.pop();
    if (piece !== undefined) this.#budget.forget(piece);
  }

  #read(piece: Piece, from: number, to: number): Uint8Array {
    if (piece.bytes !== undefined) return piece.bytes.subarray(from, to);
    return piece.extent === undefined ? NOTHING : this.#budget.spill.read(piece.extent, from, to);
  }

  #endOf(index: number): number {
    return this.#pieces[index + 1]?.start ?? this.#end;
  }

  /** The piece that holds an absolute position; the last one if it lies at the end. */
  #find(position: number): number {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#pieces[middle]?.start ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
