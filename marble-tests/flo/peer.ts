import { codecFor } from '../../src/codecs/flo/codec-for.js';
import type { FloCodec, FloProtocol, RequestHead } from '../../src/codecs/flo/codec.js';
import type { Connector } from '../../src/transports/channel.js';
import { MemoryListener } from '../../src/transports/memory.js';
import type { ServerEnd, ServerEvents } from '../../src/transports/server-end.js';

/** A request that a client sent, and the connection it came over. */
export interface Heard {
  readonly head: RequestHead;
  readonly payload: Uint8Array;
  readonly end: ServerEnd;
}

/** A server that says what a test tells it to, in memory: it answers nothing by itself. */
export class Peer {
  readonly heard: Heard[] = [];
  readonly codec: FloCodec;
  /** How many connections there were. */
  accepted = 0;
  readonly connector: Connector;
  private readonly listener: MemoryListener;

  constructor(answer: (heard: Heard, codec: FloCodec) => void, protocol: FloProtocol = 'v1-32', latencyMs = 10) {
    this.codec = codecFor(protocol);
    this.listener = new MemoryListener((end) => {
      this.accepted++;
      return this.conversation(end, answer);
    });
    this.listener.open();
    this.connector = this.listener.connector({ latencyMs });
  }

  private conversation(end: ServerEnd, answer: (heard: Heard, codec: FloCodec) => void): ServerEvents {
    return {
      // A client writes whole frames, and memory keeps writes apart.
      received: (bytes) => {
        const head = this.codec.decodeRequestHead(bytes, 0);
        const heard = { head, payload: bytes.subarray(this.codec.headerBytes), end };
        this.heard.push(heard);
        answer(heard, this.codec);
      },
      drained() {},
      ended: () => end.end(),
      closed() {},
    };
  }

  get connections(): number {
    return this.listener.connections;
  }
}
