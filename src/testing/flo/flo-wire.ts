import type { FloCodec, FloCodecOptions, Operation } from '../../codecs/flo/codec.js';
import { codecFor } from '../../codecs/flo/codec-for.js';
import type { MarbleRun } from '../run/marble-run.js';
import { FramedWire, type FrameSighting } from '../wires/framed-wire.js';
import { floSystem, type FloFrame } from './flo-frames.js';

/** A frame that was on the wire, where and when. */
export type SeenFloFrame = FloFrame & FrameSighting;

/** Picks an operation of a codec, such as `({ queue }) => queue.ack`. */
type Pick<Q, A> = (codec: FloCodec) => Operation<Q, A>;

/**
 * What happened between Flo clients and their server. As a recording, UPPER case letters are requests, and the same in
 * lower case their answers; `frames` has their ids and payloads.
 *
 * @example
 * import { marbles } from 'sluice/testing';
 * marbles(({ flo, expectWire }) => {
 *   const { client, wire } = flo({ latencyMs: 10 });
 *   client.kv.put('key', 'value').subscribe();
 *   expectWire(wire).toBe('C 19ms (oS) 16ms s 999ms X');
 * });
 */
export class FloWire extends FramedWire<FloFrame> {
  readonly #options: FloCodecOptions;

  /** @internal */
  constructor(run: MarbleRun, options: FloCodecOptions) {
    super(floSystem(options), run);
    this.#options = options;
  }

  /** What was asked for with an operation, such as `({ queue }) => queue.dequeue`. */
  requests<Q, A>(pick: Pick<Q, A>): (SeenFloFrame & { readonly namespace: string; readonly request: Q })[] {
    return this.frames.flatMap((frame) => {
      const operation = pick(codecFor(frame.protocol, this.#options));
      if (frame.direction !== 'sent' || frame.opcode !== operation.opcode) return [];
      return [{ ...frame, ...operation.decodeRequest(frame.payload) }];
    });
  }

  /** The messages that each ack named, and when. */
  get acks(): [atMs: number, ...seqs: number[]][] {
    return this.settling(({ queue }) => queue.ack);
  }

  get nacks(): [atMs: number, ...seqs: number[]][] {
    return this.settling(({ queue }) => queue.nack);
  }

  get touches(): [atMs: number, ...seqs: number[]][] {
    return this.settling(({ queue }) => queue.touch);
  }

  /** How many messages each poll asked for, and when. */
  get polls(): [atMs: number, count: number][] {
    return this.requests(({ queue }) => queue.dequeue).map(({ atMs, request }) => [atMs, request.count]);
  }

  private settling(pick: Pick<{ readonly seqs: readonly bigint[] }, void>): [number, ...number[]][] {
    return this.requests(pick).map(({ atMs, request }) => [atMs, ...request.seqs.map(Number)]);
  }
}
