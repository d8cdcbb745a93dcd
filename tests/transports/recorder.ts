import type { Channel, ChannelEvents, Connector } from '../../src/transports/channel.js';
import type { SluiceError } from '../../src/foundation/errors.js';

/** An owner of a channel that keeps what it is told, and proves that it was told nothing inside a call. */
export class Recorder implements ChannelEvents {
  readonly log: string[] = [];
  readonly chunks: Uint8Array[] = [];
  error: SluiceError | undefined;
  channel!: Channel;
  onOpened: () => void = () => {};
  onReceived: (bytes: Uint8Array) => void = () => {};
  onDrained: () => void = () => {};
  onClosed: (error?: SluiceError) => void = () => {};
  #calling = '';
  #target = new Uint8Array(0);

  constructor(private readonly targetBytes = 64 * 1024) {}

  connect(connector: Connector): this {
    this.channel = this.#calls('connect', () => connector.connect(this));
    return this;
  }

  write(bytes: Uint8Array): boolean {
    return this.#calls('write', () => this.channel.write(bytes));
  }

  close(): void {
    this.#calls('close', () => this.channel.close());
  }

  opened(): void {
    this.#told('opened');
    this.onOpened();
  }

  target(): Uint8Array {
    if (this.#calling !== '') throw new Error(`target() inside ${this.#calling}()`);
    this.#target = new Uint8Array(this.targetBytes);
    return this.#target;
  }

  received(count: number): void {
    if (this.#calling !== '') throw new Error(`received() inside ${this.#calling}()`);
    const bytes = this.#target.subarray(0, count);
    this.chunks.push(bytes);
    this.onReceived(bytes);
  }

  drained(): void {
    this.#told('drained');
    this.onDrained();
  }

  closed(error?: SluiceError): void {
    this.#told('closed');
    this.error = error;
    this.onClosed(error);
  }

  /** All that was received, as text. */
  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  #told(event: string): void {
    if (this.#calling !== '') throw new Error(`${event}() inside ${this.#calling}()`);
    this.log.push(event);
  }

  #calls<R>(name: string, call: () => R): R {
    const outer = this.#calling;
    this.#calling = name;
    try {
      return call();
    } finally {
      this.#calling = outer;
    }
  }
}

/** Bytes that are the same for the same seed. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  // A global is slow to reach inside jest, a million times.
  const { imul } = Math;
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
