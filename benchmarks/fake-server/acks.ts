import type { Socket } from 'node:net';
import { ackFrame, HEADER_BYTES } from './frames.js';

const BATCH_ID_AT = 12;
const BATCH_ID_BYTES = 8;
const ACK = ackFrame();
/** As many as one read of 64 KiB can hold frames. */
const ROOM = 2048;

/** Acknowledgements of what one read brought, in one write. */
export class Acks {
  /** All but the ids is there already. */
  private waiting = Buffer.alloc(ROOM * HEADER_BYTES, ACK);
  private end = 0;

  constructor(private readonly socket: Socket) {}

  /** Acknowledges the frame whose header is at `at`. */
  add(bytes: Buffer, at: number): void {
    if (this.end === this.waiting.length) this.flush();
    const idAt = this.end + BATCH_ID_AT;
    for (let i = 0; i < BATCH_ID_BYTES; i++) this.waiting[idAt + i] = bytes[at + BATCH_ID_AT + i]!;
    this.end += HEADER_BYTES;
  }

  flush(): void {
    if (this.end === 0) return;
    this.socket.write(this.waiting.subarray(0, this.end));
    this.end = 0;
    // What has not left yet must stay as it is.
    if (this.socket.writableLength > 0) this.waiting = Buffer.alloc(ROOM * HEADER_BYTES, ACK);
  }
}
