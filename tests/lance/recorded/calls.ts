import { crc32 } from 'node:zlib';
import type { Observable } from 'rxjs';
import type { LanceClient } from '../../../src/observables/lance/lance-client.js';

const NAME = /^[A-Za-z0-9-]{1,255}$/;
const UNLIMITED = 2n ** 64n - 1n;
/** What the client refuses: the server multiplies it by 10^9. */
const MOST_SECONDS = 18_446_744_073n;

type Call = (client: LanceClient) => Observable<unknown>;

/** The call of the client that sends this frame; undefined if the client has none that would send such a thing. */
export function callOf(frame: Buffer): Call | undefined {
  const isRight =
    frame.toString('latin1', 0, 5) === 'LANC\u0001' && crc32(frame.subarray(0, 8)) === frame.readUInt32LE(8);
  if (!isRight) return undefined;
  const payload = frame.subarray(44);
  if (frame.readUInt8(5) === 0x20 && payload.length === 0) return (client) => client.ping();
  if (frame.readUInt8(5) !== 0x40 || frame.readBigUInt64LE(12) > 0xffn) return undefined;
  return CALLS[frame.readUInt8(12)]?.(payload);
}

const CALLS: Readonly<Record<number, (payload: Buffer) => Call | undefined>> = {
  0x01: (payload) => named(payload.toString(), (name) => (client) => client.createTopic(name)),
  0x02: (payload) => idIn(payload, 4, (id) => (client) => client.deleteTopic(id)),
  0x03: (payload) => (payload.length === 0 ? (client) => client.listTopics() : undefined),
  0x04: (payload) => idIn(payload, 4, (id) => (client) => client.getTopic(id)),
  0x05: (payload) =>
    idIn(payload, 20, (id) => {
      const limits = limitsAt(payload, 4);
      return limits === undefined ? undefined : (client) => client.setRetention(id, limits);
    }),
  0x06: (payload) => {
    const nameEnd = payload.length < 18 ? Infinity : 2 + payload.readUInt16LE(0);
    const limits = payload.length === nameEnd + 16 ? limitsAt(payload, nameEnd) : undefined;
    if (limits === undefined) return undefined;
    return named(
      payload.toString('utf8', 2, nameEnd),
      (name) => (client) => client.createTopicWithRetention(name, limits),
    );
  },
  0x07: (payload) => (payload.length === 0 ? (client) => client.clusterStatus() : undefined),
  0x08: (payload) => {
    const token = payload.toString();
    const isText = token !== '' && Buffer.from(token).equals(payload);
    return isText ? (client) => client.authenticate(token) : undefined;
  },
  0x20: (payload) =>
    idIn(payload, 24, (id) => {
      const [startOffset, maxBatchBytes] = [payload.readBigUInt64LE(4), payload.readUInt32LE(12)];
      const consumerId = payload.readBigUInt64LE(16);
      return (client) => client.subscribe(id, { startOffset, maxBatchBytes, consumerId });
    }),
  0x21: (payload) =>
    idIn(payload, 12, (id) => (client) => client.unsubscribe(id, { consumerId: payload.readBigUInt64LE(4) })),
  0x22: (payload) =>
    idIn(payload, 20, (id) => {
      const [consumerId, offset] = [payload.readBigUInt64LE(4), payload.readBigUInt64LE(12)];
      return (client) => client.commitOffset(id, { consumerId, offset });
    }),
};

function named(name: string, call: (name: string) => Call): Call | undefined {
  return NAME.test(name) ? call(name) : undefined;
}

/** Of a payload of the right length; topic 0 is none that a client may name (trap T 17). */
function idIn(payload: Buffer, length: number, call: (id: number) => Call | undefined): Call | undefined {
  return payload.length === length && payload.readUInt32LE(0) > 0 ? call(payload.readUInt32LE(0)) : undefined;
}

function limitsAt(payload: Buffer, at: number): { maxAgeMs?: number; maxBytes?: bigint } | undefined {
  const [seconds, maxBytes] = [payload.readBigUInt64LE(at), payload.readBigUInt64LE(at + 8)];
  if (seconds > MOST_SECONDS && seconds !== UNLIMITED) return undefined;
  return {
    ...(seconds === UNLIMITED ? {} : { maxAgeMs: Number(seconds) * 1000 }),
    ...(maxBytes === UNLIMITED ? {} : { maxBytes }),
  };
}
