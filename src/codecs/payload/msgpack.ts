import { platformName, requireModule } from '../optional-module.js';
import type { PayloadCodec } from './codec.js';
import { cannotEncode, NotSupportedError, PayloadError } from './errors.js';

/** Lance's code for MessagePack. */
const MESSAGE_PACK_RECORD = 0x03;

interface Packer {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

let packer: Packer | undefined;

const MESSAGE_PACK: PayloadCodec<unknown> = {
  name: 'msgpack',
  recordType: MESSAGE_PACK_RECORD,
  encode(value) {
    const { pack } = (packer ??= load());
    try {
      return pack(value);
    } catch (cause) {
      throw cannotEncode('msgpack', cause);
    }
  },
  decode(bytes) {
    const { unpack } = (packer ??= load());
    try {
      return unpack(bytes);
    } catch (cause) {
      throw new PayloadError('msgpack', `${bytes.length} bytes are not MessagePack`, cause);
    }
  },
};

/**
 * MessagePack. 64-bit integers beyond 2^53 are bigint; bytes inside are copies. Throws `PayloadError` on bytes that
 * are not exactly one MessagePack value, `NotSupportedError` where the module `msgpackr` cannot be loaded.
 *
 * @example
 * const codec = msgpack<{ id: number }>();
 * codec.decode(codec.encode({ id: 7 })).id; // 7
 */
export function msgpack<T = unknown>(): PayloadCodec<T> {
  return MESSAGE_PACK as PayloadCodec<T>;
}

function load(): Packer {
  try {
    const { Packr } = requireModule('msgpackr') as typeof import('msgpackr');
    // 'auto' (a number where it is exact, else a bigint) is documented and missing from the types.
    const made = new Packr({
      useRecords: false,
      variableMapSize: true,
      int64AsType: 'auto' as 'bigint',
      copyBuffers: true,
    });
    return { pack: (value) => made.pack(value), unpack: (bytes) => made.unpack(bytes) };
  } catch (cause) {
    throw new NotSupportedError(`msgpack: the module 'msgpackr' does not load on ${platformName()}`, { cause });
  }
}
