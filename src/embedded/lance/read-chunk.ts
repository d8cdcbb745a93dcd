/** The largest frame that makes the chunk larger for good. */
const LARGEST = 1024 * 1024;

/**
 * How much one round takes in: what the genuine server's read buffer holds. It grows with the largest frame seen, up to
 * exactly 1 MiB; one that is larger still makes it as small again as it was (section 16.5).
 */
export class ReadChunk {
  readonly #initialBytes: number;
  /** How much it is now. */
  bytes: number;
  #taken = 0;

  constructor(initialBytes: number) {
    this.#initialBytes = initialBytes;
    this.bytes = initialBytes;
  }

  /** Nothing more goes into this round. */
  get full(): boolean {
    return this.#taken >= this.bytes;
  }

  /** A frame, with its header, has been taken in. */
  took(frameBytes: number): void {
    this.#taken += frameBytes;
    if (frameBytes > this.bytes) this.bytes = frameBytes > LARGEST ? this.#initialBytes : frameBytes;
  }

  /** The next round. */
  begin(): void {
    this.#taken = 0;
  }
}
