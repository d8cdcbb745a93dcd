import { crc32 } from '@node-rs/crc32';
import { emptyDigest } from '../fake-server/digest.js';
import { frame, HEADER_BYTES } from '../fake-server/frames.js';
import { RECORD_TYPE } from '../fake-server/synthetic-topic.js';
import type { ClientProgram, Target } from '../harness/client-program.js';
import { INGEST, RawWriter } from './raw-frames.js';
import { RecordPool } from './record-pool.js';

const TLV_HEADER_BYTES = 5;
/** Called as a function, it is not looked up for each record. */
const copy = Uint8Array.prototype.set;

/** A batch that is in flight. */
interface Batch {
  readonly memory: Buffer;
  readonly records: number;
  readonly bytes: number;
}

/** Fills batches and sends them, as many as may be in flight; `acked` is told of each. */
function produce(
  { host, ports, topic, settings: { batchBytes = 64 << 10, inFlight = 64 } }: Target,
  source: Iterator<Uint8Array>,
  acked: (batch: Batch) => void,
  failed: (error: unknown) => void,
): RawWriter {
  const header = frame(INGEST, 0, new Uint8Array(0));
  header.writeUInt32LE(topic.id, 40);
  const batches: Batch[] = [];
  const free: Buffer[] = Array.from({ length: inFlight }, () => Buffer.allocUnsafeSlow(HEADER_BYTES + batchBytes));
  let id = 0;
  let step = source.next();
  const fill = (memory: Buffer): Batch => {
    let at = HEADER_BYTES;
    let records = 0;
    for (; step.done !== true; step = source.next(), records++) {
      const value: Uint8Array = step.value;
      const end = at + TLV_HEADER_BYTES + value.length;
      if (end > memory.length) break;
      memory[at] = RECORD_TYPE;
      memory[at + 1] = value.length;
      memory[at + 2] = value.length >>> 8;
      memory[at + 3] = value.length >>> 16;
      memory[at + 4] = value.length >>> 24;
      copy.call(memory, value, at + TLV_HEADER_BYTES);
      at = end;
    }
    header.copy(memory);
    memory.writeUInt32LE(++id, 12);
    memory.writeUInt32LE(records, 28);
    memory.writeUInt32LE(at - HEADER_BYTES, 32);
    memory.writeUInt32LE(crc32(memory.subarray(HEADER_BYTES, at)), 36);
    return { memory, records, bytes: at - HEADER_BYTES };
  };
  const send = (): void => {
    for (let memory = free.pop(); memory !== undefined; memory = free.pop()) {
      const batch = fill(memory);
      if (batch.records === 0) return;
      batches.push(batch);
      writer.write(memory.subarray(0, HEADER_BYTES + batch.bytes));
    }
  };
  const writer = new RawWriter({ host, port: ports.lwp }, failed, () => {
    const batch = batches.shift();
    if (batch === undefined) return failed(new Error('an acknowledgement too many'));
    free.push(batch.memory);
    acked(batch);
    send();
  });
  send();
  return writer;
}

/** What is left without any library: a loop that copies, sums and writes, and does not even look at acknowledgements. */
export const program: ClientProgram = {
  run(target, tally, failed) {
    const source = new RecordPool(target.topic).endless()[Symbol.iterator]();
    const count = ({ records, bytes }: Batch): void => {
      tally.records += records;
      tally.bytes += bytes;
    };
    const writer = produce(target, source, count, failed);
    return () => writer.close();
  },

  async verify(target, records) {
    const digest = emptyDigest();
    const source = new RecordPool(target.topic).take(records, digest);
    let missing = records;
    await new Promise<void>((resolve, reject) => {
      const writer = produce(
        target,
        source,
        (batch) => {
          missing -= batch?.records ?? 0;
          if (missing > 0) return;
          writer.close();
          resolve();
        },
        reject,
      );
    });
    return digest;
  },
};
