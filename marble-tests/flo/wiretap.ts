import { codecFor } from '../../src/codecs/flo/codec-for.js';
import type { FloCodec, FloProtocol, Operation } from '../../src/codecs/flo/codec.js';
import { clock } from '../../src/foundation/clock.js';
import type { ChannelEvents, Connector } from '../../src/transports/channel.js';

/** A request as the client wrote it. */
export interface SentRequest {
  readonly atMs: number;
  /** The how-manieth connection, from 1. */
  readonly connection: number;
  readonly id: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Listens to what a client writes, and says how often it connects. */
export class Wiretap implements Connector {
  readonly sent: SentRequest[] = [];
  /** When each connection was asked for. */
  readonly connectedAtMs: number[] = [];
  /** Connections that neither side has ended. */
  open = 0;
  readonly codec: FloCodec;

  constructor(
    private readonly connector: Connector,
    protocol: FloProtocol = 'v1-32',
  ) {
    this.codec = codecFor(protocol);
  }

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
        const { id, opcode, payloadBytes } = this.codec.decodeRequestHead(bytes, 0);
        const payload = bytes.slice(this.codec.headerBytes);
        if (payload.length !== payloadBytes) throw new Error('a write that is not one whole frame');
        this.sent.push({ atMs: clock.now(), connection, id: id.low, opcode, payload });
        return channel.write(bytes);
      },
      close: () => {
        ended();
        channel.close();
      },
    };
  }

  /** What was asked for with this operation. */
  requests<Q, A>(operation: Operation<Q, A>): (SentRequest & { readonly namespace: string; readonly request: Q })[] {
    return this.sent
      .filter(({ opcode }) => opcode === operation.opcode)
      .map((sent) => ({ ...sent, ...operation.decodeRequest(sent.payload) }));
  }

  /** The messages that each ack named, and when. */
  get acks(): [atMs: number, ...seqs: number[]][] {
    return this.seqs(this.codec.queue.ack);
  }

  get nacks(): [atMs: number, ...seqs: number[]][] {
    return this.seqs(this.codec.queue.nack);
  }

  get touches(): [atMs: number, ...seqs: number[]][] {
    return this.seqs(this.codec.queue.touch);
  }

  /** How many messages each poll asked for, and when. */
  get polls(): [atMs: number, count: number][] {
    return this.requests(this.codec.queue.dequeue).map(({ atMs, request }) => [atMs, request.count]);
  }

  private seqs(operation: Operation<{ readonly seqs: readonly bigint[] }, void>): [number, ...number[]][] {
    return this.requests(operation).map(({ atMs, request }) => [atMs, ...request.seqs.map(Number)]);
  }
}
