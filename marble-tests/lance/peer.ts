import { commandOf, decodeHeader, HEADER_BYTES, type Header } from '../../src/codecs/lance/header.js';
import { textResponse } from '../../src/codecs/lance/replies.js';
import { Command } from '../../src/codecs/lance/commands.js';
import { encodeTopicList } from '../../src/codecs/lance/topic-json.js';
import type { Connector } from '../../src/transports/channel.js';
import { MemoryListener } from '../../src/transports/memory.js';
import type { ServerEnd } from '../../src/transports/server-end.js';

/** A frame that a client sent, and the connection it came over. */
export interface Heard {
  readonly header: Header;
  readonly payload: Uint8Array;
  readonly end: ServerEnd;
}

/** A server that says what a test tells it to, in memory: it answers nothing by itself. */
export class Peer {
  readonly heard: Heard[] = [];
  /** The server's end of each connection, in the order in which they were made. */
  readonly ends: ServerEnd[] = [];
  readonly connector: Connector;
  private readonly listener: MemoryListener;

  constructor(answer: (heard: Heard) => void, latencyMs = 10) {
    this.listener = new MemoryListener((end) => {
      this.ends.push(end);
      return {
        // A client writes whole frames, and memory keeps writes apart.
        received: (bytes) => {
          const heard = { header: decodeHeader(bytes, 0), payload: bytes.subarray(HEADER_BYTES), end };
          this.heard.push(heard);
          answer(heard);
        },
        drained() {},
        ended: () => end.end(),
        closed() {},
      };
    });
    this.listener.open();
    this.connector = this.listener.connector({ latencyMs });
  }

  get connections(): number {
    return this.listener.connections;
  }
}

/** The command of a control frame, 0 for others. */
export function commandIn({ header }: Heard): number {
  return header.kind === 'control' ? commandOf(header) : 0;
}

/** Answers that there is one topic. */
export function oneTopic(name: string, id = 1): Uint8Array {
  return textResponse(Command.TopicResponse, encodeTopicList([{ id, name, createdAt: 0n, topicEpoch: 1n }]));
}
