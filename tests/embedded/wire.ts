import type { Channel, Connector } from '../../src/transports/channel.js';

const HEADER_BYTES = 44;

/** A client without any knowledge but where frames end: what the server really sends, byte by byte. */
export class Wire {
  opened = false;
  closed = false;
  readonly #channel: Channel;
  #inbox = Buffer.alloc(0);

  constructor(connector: Connector) {
    const target = Buffer.alloc(64 * 1024);
    this.#channel = connector.connect({
      opened: () => (this.opened = true),
      target: () => target,
      received: (count) => (this.#inbox = Buffer.concat([this.#inbox, target.subarray(0, count)])),
      drained: () => {},
      closed: () => (this.closed = true),
    });
  }

  /** All of it in one write. */
  send(...frames: readonly (Uint8Array | string)[]): void {
    this.#channel.write(
      Buffer.concat(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame, 'hex') : frame))),
    );
  }

  close(): void {
    this.#channel.close();
  }

  /** How many bytes have come and not been taken. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** The next whole frame, if there is one. */
  take(): Buffer | undefined {
    if (this.#inbox.length < HEADER_BYTES) return undefined;
    const end = HEADER_BYTES + this.#inbox.readUInt32LE(32);
    if (this.#inbox.length < end) return undefined;
    const frame = this.#inbox.subarray(0, end);
    this.#inbox = this.#inbox.subarray(end);
    return frame;
  }

  /** All whole frames that have come, as hex. */
  takeAll(): string[] {
    const frames: string[] = [];
    for (let frame = this.take(); frame !== undefined; frame = this.take()) frames.push(frame.toString('hex'));
    return frames;
  }
}
