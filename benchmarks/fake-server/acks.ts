import type { Socket } from 'node:net';
import { ackFrame, HEADER_BYTES } from './frames.js';

const BATCH_ID = { from: 12, to: 20 };
const ACK = ackFrame();
/** As many as one read of 64 KiB can hold frames. */
const ROOM = 2048;

/** Acknowledgements of what one read brought, in one write. */
export class Acks {
  private waiting = Buffer.allocUnsafe(ROOM * HEADER_BYTES);
  private end = 0;

  constructor(private readonly socket: Socket) {}

  /** Acknowledges the frame that has this header. */
  add(header: Buffer): void {
    if (this.end === this.waiting.length) this.flush();
    ACK.copy(this.waiting, this.end);
    header.copy(this.waiting, this.end + BATCH_ID.from, BATCH_ID.from, BATCH_ID.to);
    this.end += HEADER_BYTES;
  }

  flush(): void {
    if (this.end === 0) return;
    // A copy: the socket may still read it when the next read fills this memory again.
    this.socket.write(Buffer.from(this.waiting.subarray(0, this.end)));
    this.end = 0;
  }
}
