import type { FloCodec, FloProtocol, RequestHead } from '../../codecs/flo/codec.js';
import { detectRequest } from '../../codecs/flo/detect.js';
import { ProtocolError } from '../../codecs/flo/errors.js';
import { FloFrameReader, MAX_HEAD_BYTES, type FloFrameOwner, type FrameSize } from '../../codecs/flo/frame-reader.js';
import { rejection } from './rejection.js';

/** A whole request; the payload is its own. */
export interface IncomingRequest {
  readonly codec: FloCodec;
  readonly head: RequestHead;
  readonly payload: Uint8Array;
}

/** What can't be read, and the answer to it; nothing comes after it. */
export interface Unreadable {
  readonly answer: Uint8Array;
}

export type Incoming = IncomingRequest | Unreadable;

/**
 * Cuts what a connection sends into requests, each of whatever generation, and hands them over one at a time, so that
 * the server may stop between any two of them. Holds one read at most beside the request that is still coming.
 */
export class Intake implements FloFrameOwner {
  readonly #codecs: Readonly<Record<FloProtocol, FloCodec>>;
  readonly #maxPayloadBytes: number;
  readonly #reader = new FloFrameReader(this);
  #here: Incoming[] = [];
  #next = 0;
  /** The request that is coming, once its head has been read. */
  #coming: { readonly codec: FloCodec; readonly head: RequestHead } | undefined;

  constructor(codecs: Readonly<Record<FloProtocol, FloCodec>>, maxPayloadBytes: number) {
    this.#codecs = codecs;
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  push(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) {
        const target = this.#reader.target();
        const count = Math.min(target.length, bytes.length - at);
        target.set(bytes.subarray(at, at + count));
        at += count;
        this.#reader.received(count);
      }
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      this.#here.push(error);
    }
  }

  /** The next whole request, or undefined if more bytes are needed. */
  next(): Incoming | undefined {
    const incoming = this.#here[this.#next++];
    if (incoming !== undefined) return incoming;
    this.clear();
    return undefined;
  }

  /** Forgets what is here. */
  clear(): void {
    this.#here = [];
    this.#next = 0;
  }

  measure(bytes: Uint8Array, start: number, end: number): FrameSize | undefined {
    const detected = detectRequest(bytes, start, end);
    if (detected === undefined) return undefined;
    if ('answer' in detected) throw new UnreadableError(detected.answer);
    if (end - start < MAX_HEAD_BYTES) return undefined;
    const codec = this.#codecs[detected.protocol];
    const head = headOf(codec, bytes, start);
    const { payloadBytes } = head;
    if (payloadBytes > this.#maxPayloadBytes) throw new UnreadableError(rejection(codec));
    this.#coming = { codec, head };
    return { headerBytes: codec.headerBytes, payloadBytes };
  }

  frame(bytes: Uint8Array, payload: Uint8Array): void {
    const { codec, head } = this.#coming!;
    if (!codec.isIntact(bytes, 0, payload)) throw new UnreadableError(rejection(codec));
    this.#here.push({ codec, head, payload });
  }
}

/** Ends the reading; never leaves this file. */
class UnreadableError extends Error implements Unreadable {
  constructor(readonly answer: Uint8Array) {
    super('not a request');
  }
}

function headOf(codec: FloCodec, bytes: Uint8Array, at: number): RequestHead {
  try {
    return codec.decodeRequestHead(bytes, at);
  } catch (error) {
    if (error instanceof ProtocolError) throw new UnreadableError(rejection(codec));
    throw error;
  }
}
