import type { FloCodec, FloProtocol, Operation } from '../../../src/codecs/flo/codec.js';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import type { Channel, Connector } from '../../../src/transports/channel.js';

const HEADER_BYTES = 32;

/** An answer as it came: `value` is decoded if the status is 0 and somebody asked for it. */
export interface Heard {
  readonly id: number;
  readonly status: number;
  readonly body: Buffer;
  readonly value: unknown;
}

/** A client that knows the codec and nothing else: it asks, and keeps what it hears in the order in which it came. */
export class Peer {
  readonly codec: FloCodec;
  readonly heard: Heard[] = [];
  opened = false;
  closed = false;
  readonly #channel: Channel;
  readonly #asked = new Map<number, (body: Uint8Array) => unknown>();
  #inbox = Buffer.alloc(0);
  #id = 0;

  constructor(connector: Connector, protocol: FloProtocol = 'v1-32', options: Parameters<typeof codecFor>[1] = {}) {
    this.codec = codecFor(protocol, options);
    const target = Buffer.alloc(64 * 1024);
    this.#channel = connector.connect({
      opened: () => (this.opened = true),
      target: () => target,
      received: (count) => this.#hear(target.subarray(0, count)),
      drained: () => {},
      closed: () => (this.closed = true),
    });
  }

  /** The bytes of a request, to be sent by {@link send}. */
  frame<Q, A>(operation: Operation<Q, A>, request: Q, namespace = 'default'): Uint8Array {
    const id = ++this.#id;
    this.#asked.set(id, (body) => operation.decodeAnswer(body));
    const payload = operation.encodeRequest(namespace, request);
    return this.codec.requestFrame({ low: id, high: 0 }, operation.opcode, payload);
  }

  /** The bytes of a request whose last ones have been replaced: for what the codec would not send. */
  bent<Q, A>(operation: Operation<Q, A>, request: Q, end: string): Uint8Array {
    const payload = Buffer.from(this.frame(operation, request).slice(this.codec.headerBytes));
    payload.write(end, payload.length - end.length / 2, 'hex');
    return this.codec.requestFrame({ low: this.#id, high: 0 }, operation.opcode, payload);
  }

  /** Sends a request; returns its id. */
  ask<Q, A>(operation: Operation<Q, A>, request: Q, namespace = 'default'): number {
    this.send(this.frame(operation, request, namespace));
    return this.#id;
  }

  send(...frames: readonly Uint8Array[]): void {
    this.#channel.write(Buffer.concat(frames));
  }

  close(): void {
    this.#channel.close();
  }

  /** What has been heard since this was last called. */
  news(): Heard[] {
    return this.heard.splice(0);
  }

  /** The statuses of what has been heard since, in order. */
  statuses(): number[] {
    return this.news().map(({ status }) => status);
  }

  #hear(bytes: Uint8Array): void {
    this.#inbox = Buffer.concat([this.#inbox, bytes]);
    while (this.#inbox.length >= HEADER_BYTES) {
      const { id, status, payloadBytes } = this.codec.decodeAnswerHead(this.#inbox, 0);
      const end = HEADER_BYTES + payloadBytes;
      if (this.#inbox.length < end) return;
      const body = this.#inbox.subarray(HEADER_BYTES, end);
      if (!this.codec.isIntact(this.#inbox, 0, body)) throw new Error('wrong checksum');
      const value = status === 0 ? this.#asked.get(id.low)?.(new Uint8Array(body)) : undefined;
      this.heard.push({ id: id.low, status, body, value });
      this.#inbox = this.#inbox.subarray(end);
    }
  }
}

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();

/** The payloads of the messages in an answer to a dequeue. */
export function payloads({ value }: Heard): (string | undefined)[] {
  return (value as readonly { readonly payload: Uint8Array }[]).map(({ payload }) => text(payload));
}
