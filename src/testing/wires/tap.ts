import type { SluiceError } from '../../foundation/errors.js';
import type { Channel, ChannelEvents, Connector } from '../../transports/channel.js';
import { FrameCutter } from './frame-cutter.js';
import {
  onConnection,
  type ConversationReader,
  type FramedWire,
  type FrameReading,
  type FrameSystem,
} from './framed-wire.js';
import { reasonOf } from './reason-of.js';
import type { WireEvent } from './wire-event.js';

/** Notes on a wire what goes through a connector, byte for byte as it is, and changes nothing. */
export class Tap<F> implements Connector {
  constructor(
    private readonly system: FrameSystem<F>,
    private readonly wire: FramedWire<F>,
    private readonly connector: Connector,
  ) {}

  get address(): string {
    return this.connector.address;
  }

  connect(events: ChannelEvents): Channel {
    const line = new TappedLine(this.wire, this.system);
    let target: Uint8Array = new Uint8Array(0);
    const channel = this.connector.connect({
      opened() {
        line.opened();
        events.opened();
      },
      target: () => (target = events.target()),
      received(count) {
        line.received(target.subarray(0, count));
        events.received(count);
      },
      drained: () => events.drained(),
      closed(error) {
        line.closed(error);
        events.closed(error);
      },
    });
    return {
      write(bytes) {
        line.sent(bytes);
        return channel.write(bytes);
      },
      close() {
        line.close();
        channel.close();
      },
    };
  }
}

/** What is noted of one connection. */
class TappedLine<F> {
  private readonly connection: number;
  private readonly up: FrameCutter;
  private readonly down: FrameCutter;
  private over = false;

  constructor(
    private readonly wire: FramedWire<F>,
    system: FrameSystem<F>,
  ) {
    const conversation = system.newConversation();
    this.connection = ++wire.connections;
    wire.open++;
    this.up = this.cutter(system, 'sent', conversation);
    this.down = this.cutter(system, 'received', conversation);
    this.note('connect', 'sent', 'connects');
  }

  opened(): void {
    this.note('opened', 'received', 'the connection is open');
  }

  sent(bytes: Uint8Array): void {
    if (!this.over) this.up.take(bytes);
  }

  received(bytes: Uint8Array): void {
    if (!this.over) this.down.take(bytes);
  }

  closed(error: SluiceError | undefined): void {
    const errno = error === undefined ? undefined : reasonOf(error);
    const how = error === undefined ? 'the server ended the connection' : `the connection broke (${errno})`;
    this.end('closed', 'received', how, { errno });
  }

  close(): void {
    this.end('close', 'sent', 'the client closes the connection');
  }

  private end(name: string, direction: WireEvent['direction'], how: string, fields: object = {}): void {
    if (this.over) return;
    this.over = true;
    this.wire.open--;
    const { heldBytes } = this.down;
    const inside = heldBytes === 0 ? '' : `, ${heldBytes} bytes into a frame`;
    this.note(name, direction, `${how}${inside}`, { ...fields, heldBytes });
  }

  private cutter(
    { measure }: FrameSystem<F>,
    direction: WireEvent['direction'],
    conversation: ConversationReader<F>,
  ): FrameCutter {
    const garbage = (bytes: Uint8Array, error: unknown): void => {
      const why = error instanceof Error ? `: ${error.message}` : '';
      this.note('garbage', direction, `${bytes.length} bytes that are no frame${why}`, { bytes: bytes.length });
    };
    return new FrameCutter(measure, {
      frame: (bytes) => {
        let reading: FrameReading<F>;
        try {
          reading = conversation[direction](bytes);
        } catch (error) {
          garbage(bytes, error);
          return;
        }
        this.wire.noteFrame(reading, direction, this.connection);
      },
      garbage,
    });
  }

  private note(name: string, direction: WireEvent['direction'], words: string, fields: object = {}): void {
    const { connection } = this;
    this.wire.note({ ...fields, name, direction, connection }, onConnection(words, connection));
  }
}
