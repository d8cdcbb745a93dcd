import type { QueueMessage } from '../../codecs/flo/operations.js';
import type { PayloadCodec } from '../../codecs/payload/codec.js';

/** A message as its session keeps it; decoded when somebody reads it, and then once. */
export class QueueItem<V> {
  readonly seq: bigint;
  readonly bytes: number;
  private payload: Uint8Array | undefined;
  private value: V | undefined;

  constructor(
    message: QueueMessage,
    private readonly codec: PayloadCodec<V>,
    isAlone: boolean,
    /** When the server takes it back; 0 when it has been given up. */
    public untilMs: number,
  ) {
    this.seq = message.seq;
    // A view would keep the whole answer in memory, with all the other messages in it.
    this.payload = isAlone ? message.payload : new Uint8Array(message.payload);
    this.bytes = message.payload.length;
  }

  /** @throws PayloadError each time, when the codec can't read it. */
  read(): V {
    if (this.payload !== undefined) {
      this.value = this.codec.decode(this.payload);
      this.payload = undefined;
    }
    return this.value as V;
  }
}
