/**
 * How many bytes the frame has that begins at `bytes[start]`; undefined if more than `bytes[start, end)` is needed to
 * tell. Throws if no frame begins so.
 */
export type MeasureFrame = (bytes: Uint8Array, start: number, end: number) => number | undefined;

/** Who is told what {@link FrameCutter} finds. */
export interface FrameListener {
  /** A whole frame; the bytes may be kept. */
  frame(bytes: Uint8Array): void;
  /** No frame begins here, and nobody can tell where the next one does: all further bytes come here too. */
  garbage(bytes: Uint8Array, error: unknown): void;
}

/** Cuts frames out of bytes that come in pieces of any size, without any of the code that is under test. */
export class FrameCutter {
  private buffer = new Uint8Array(256);
  private filled = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly measure: MeasureFrame,
    private readonly listener: FrameListener,
  ) {}

  /** How many bytes of a frame are here of which more is to come. */
  get heldBytes(): number {
    return this.filled;
  }

  take(bytes: Uint8Array): void {
    this.hold(bytes);
    let at = 0;
    while (at < this.filled) {
      const size = this.sizeAt(at);
      if (size === undefined || size > this.filled - at) break;
      const frame = this.buffer.slice(at, at + size);
      at += size;
      this.listener.frame(frame);
    }
    if (this.failure !== undefined && at < this.filled) {
      this.listener.garbage(this.buffer.slice(at, this.filled), this.failure.error);
      at = this.filled;
    }
    if (at === 0) return;
    this.buffer.copyWithin(0, at, this.filled);
    this.filled -= at;
  }

  private sizeAt(at: number): number | undefined {
    if (this.failure !== undefined) return undefined;
    try {
      return this.measure(this.buffer, at, this.filled);
    } catch (error) {
      this.failure = { error };
      return undefined;
    }
  }

  private hold(bytes: Uint8Array): void {
    const needed = this.filled + bytes.length;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, this.filled));
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.filled);
    this.filled = needed;
  }
}
