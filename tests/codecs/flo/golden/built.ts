import type { FloCodec, Operation } from '../../../../src/codecs/flo/codec.js';

/** An operation whose types do not matter to a test that goes through all of them. */
export type AnyOperation = Operation<unknown, unknown>;

/** All operations of a codec. */
export function operations({ ping, kv, queue }: FloCodec): readonly AnyOperation[] {
  return [ping, ...Object.values(kv), ...Object.values(queue)] as AnyOperation[];
}

/** The operation of this name; undefined if it is not built. */
export function operation(codec: FloCodec, name: string): AnyOperation | undefined {
  return operations(codec).find((one) => one.name === name);
}
