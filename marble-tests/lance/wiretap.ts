import { commandOf, decodeHeader, HEADER_BYTES, type Header } from '../../src/codecs/lance/header.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { readU32, readU64 } from '../../src/codecs/little-endian.js';
import { clock } from '../../src/foundation/clock.js';
import type { ChannelEvents, Connector } from '../../src/transports/channel.js';

/** A frame as the client wrote it. */
export interface SentFrame {
  readonly atMs: number;
  /** The how-manieth connection, from 1. */
  readonly connection: number;
  readonly header: Header;
  readonly payload: Uint8Array;
}

/** Listens to what a client writes, and says how often it connects. */
export class Wiretap implements Connector {
  readonly frames: SentFrame[] = [];
  /** When each connection was asked for. */
  readonly connectedAtMs: number[] = [];
  /** Connections that neither side has ended. */
  open = 0;

  constructor(private readonly connector: Connector) {}

  get address(): string {
    return this.connector.address;
  }

  connect(events: ChannelEvents): ReturnType<Connector['connect']> {
    const connection = this.connectedAtMs.push(clock.now());
    let isOpen = true;
    this.open++;
    const ended = (): void => {
      if (isOpen) this.open--;
      isOpen = false;
    };
    const channel = this.connector.connect({
      opened: () => events.opened(),
      target: () => events.target(),
      received: (count) => events.received(count),
      drained: () => events.drained(),
      closed: (error) => {
        ended();
        events.closed(error);
      },
    });
    return {
      write: (bytes) => {
        this.listen(connection, bytes);
        return channel.write(bytes);
      },
      close: () => {
        ended();
        channel.close();
      },
    };
  }

  commands(command: number): SentFrame[] {
    return this.frames.filter(({ header }) => header.kind === 'control' && commandOf(header) === command);
  }

  /** All ingest frames. */
  get ingests(): SentFrame[] {
    return this.frames.filter(({ header }) => header.kind === 'ingest');
  }

  /** What fetches asked for. */
  get fetches(): { atMs: number; topicId: number; start: number; maxBytes: number }[] {
    return this.commands(0x10).map(({ atMs, payload }) => ({
      atMs,
      topicId: readU32(payload, 0),
      start: readU64(payload, 4),
      maxBytes: readU32(payload, 12),
    }));
  }

  private listen(connection: number, bytes: Uint8Array): void {
    const header = decodeHeader(bytes, 0);
    if (bytes.length !== HEADER_BYTES + header.payloadLength) throw new Error('a write that is not one whole frame');
    // A copy: the client uses its memory again.
    this.frames.push({ atMs: clock.now(), connection, header, payload: new Uint8Array(bytes.subarray(HEADER_BYTES)) });
  }
}

/** The values of an ingest's records as text. */
export function textsOf({ payload }: SentFrame): string[] {
  const { records, end } = decodeRecords(payload);
  if (end !== payload.length) throw new Error('a payload that ends in the middle of a record');
  return records.map(({ value }) => Buffer.from(value).toString());
}
