import type { SpillFile, Extent } from './spill-file.js';

/** Memory that one or more pieces lie in. */
export interface Chunk {
  readonly buffer: ArrayBufferLike;
  /** How many pieces use it. */
  uses: number;
}

/** What the budget can move to disk. */
export interface Piece {
  /** Absolute position of its first byte. */
  readonly start: number;
  /** Undefined once it has left memory. */
  bytes: Uint8Array | undefined;
  chunk: Chunk | undefined;
  /** Where it lies on disk. */
  extent: Extent | undefined;
}

/** Whose pieces they are. */
export interface PieceOwner {
  /** Moves the piece to disk. */
  evict(piece: Piece): void;
}

/** Entries of pieces that are gone are thrown away once there are so many. */
const MANY = 1024;

/**
 * How much memory the topics of a server may use. Beyond it, what was written first goes to a file without a name, which
 * the system removes when the process ends, however it ends.
 */
export class MemoryBudget {
  readonly #mostBytes: number;
  readonly #openSpill: () => SpillFile;
  #spill: SpillFile | undefined;
  #bytes = 0;
  #queue: { readonly piece: Piece; readonly owner: PieceOwner }[] = [];
  /** The first entry that has not been looked at. */
  #next = 0;
  /** How many entries are of no use any more, about. */
  #over = 0;

  /** `mostBytes` may be Infinity: then everything stays in memory. */
  constructor(mostBytes: number, openSpill: () => SpillFile) {
    this.#mostBytes = mostBytes;
    this.#openSpill = openSpill;
  }

  /** What the topics use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many pieces it remembers. */
  get entries(): number {
    return this.#queue.length;
  }

  /** Where pieces go that leave memory. */
  get spill(): SpillFile {
    return (this.#spill ??= this.#openSpill());
  }

  /** A chunk of memory that somebody else made, or that is new. */
  chunk(buffer: ArrayBufferLike): Chunk {
    this.#bytes += buffer.byteLength;
    return { buffer, uses: 0 };
  }

  /** A piece in memory has come; it uses its chunk from now on. */
  add(piece: Piece, owner: PieceOwner): void {
    if (piece.chunk !== undefined) piece.chunk.uses++;
    if (this.#mostBytes !== Number.POSITIVE_INFINITY) this.#queue.push({ piece, owner });
  }

  /** Moves what was written first to disk until there is room for so many more bytes. Throws `StorageError`. */
  makeRoom(bytes: number): void {
    if (bytes === 0) return;
    while (this.#bytes + bytes > this.#mostBytes && this.#next < this.#queue.length) {
      const { piece, owner } = this.#queue[this.#next] ?? {};
      if (piece?.bytes !== undefined) owner?.evict(piece);
      this.#next++;
      this.#over++;
    }
    if (this.#over > MANY && this.#over * 2 > this.#queue.length) this.#compact();
  }

  /** A piece no longer uses memory. */
  release(piece: Piece): void {
    const { chunk } = piece;
    piece.bytes = undefined;
    piece.chunk = undefined;
    if (chunk !== undefined) this.leave(chunk);
  }

  /** A chunk has one use less. */
  leave(chunk: Chunk): void {
    if (--chunk.uses === 0) this.#bytes -= chunk.buffer.byteLength;
  }

  /** A piece is gone altogether. */
  forget(piece: Piece): void {
    if (piece.bytes !== undefined) this.#over++;
    this.release(piece);
    if (piece.extent !== undefined) this.spill.free(piece.extent);
    piece.extent = undefined;
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#next).filter(({ piece }) => piece.bytes !== undefined);
    this.#next = 0;
    this.#over = 0;
  }
}
