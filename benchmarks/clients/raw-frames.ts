import { connect, type Socket } from 'node:net';
import { frame, HEADER_BYTES } from '../fake-server/frames.js';
import { RECORD_TYPE, SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';
import type { ClientProgram } from '../harness/client-program.js';

export const INGEST = 0x04;
const DISTINCT = 12;
const TLV_HEADER_BYTES = 5;

/** Whole ingest frames, made before anything is measured; whoever sends them has nothing to do but to write. */
export function ingestFrames(topic: TopicPlan, batchBytes: number, count = DISTINCT): Buffer[] {
  const source = new SyntheticTopic(topic);
  const perBatch = Math.max(1, Math.floor(batchBytes / (topic.recordBytes + TLV_HEADER_BYTES)));
  return Array.from({ length: count }, (_, batch) => {
    const records = Array.from({ length: perBatch }, (_, at) => source.value(batch * perBatch + at));
    const payload = Buffer.concat(records.flatMap((value) => [recordHeader(value.length), value]));
    const bytes = frame(INGEST, batch + 1, payload);
    bytes.writeUInt32LE(perBatch, 28);
    bytes.writeUInt32LE(topic.id, 40);
    return bytes;
  });
}

export function recordHeader(length: number): Buffer {
  const header = Buffer.alloc(TLV_HEADER_BYTES);
  header[0] = RECORD_TYPE;
  header.writeUInt32LE(length, 1);
  return header;
}

/** Writes frames as fast as acknowledgements come, with a window; `acked` is called for each, in order. */
export class RawWriter {
  private readonly socket: Socket;
  private received = 0;

  constructor(
    { host, port }: { readonly host: string; readonly port: number },
    failed: (error: unknown) => void,
    acked: () => void,
  ) {
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on('error', failed);
    this.socket.on('data', (chunk: Buffer) => {
      // An answer of another length would be an error: whoever sends these frames knows that they are right.
      this.received += chunk.length;
      for (; this.received >= HEADER_BYTES; this.received -= HEADER_BYTES) acked();
    });
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The best that a producer could do: nothing to copy, nothing to sum, nobody to tell. */
export const program: ClientProgram = {
  run({ host, ports, topic, settings: { batchBytes = 64 << 10, inFlight = 64 } }, tally, failed) {
    const frames = ingestFrames(topic, batchBytes);
    const records = frames[0]!.readUInt32LE(28);
    let next = 0;
    let unacked = 0;
    const send = (): void => writer.write(frames[next++ % frames.length]!);
    const writer = new RawWriter({ host, port: ports.lwp }, failed, () => {
      tally.bytes += frames[unacked++ % frames.length]!.length - HEADER_BYTES;
      tally.records += records;
      send();
    });
    for (let sent = 0; sent < inFlight; sent++) send();
    return () => writer.close();
  },
};
