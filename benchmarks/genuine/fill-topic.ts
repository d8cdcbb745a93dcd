import { RawWriter } from '../clients/raw-frames.js';
import { frame } from '../fake-server/frames.js';
import { PERIOD_BYTES, SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';

const INGEST = 0x04;
/**
 * Large ones: a server that never had such a batch gives the memory of its answers back to the system again and again, and
 * serves every reader at half the speed. How it was filled must not decide that.
 */
const BATCH_BYTES = PERIOD_BYTES;
const IN_FLIGHT = 2;

/** Writes a synthetic topic into a real one: whole periods, and every batch acknowledged when it resolves. */
export async function fillTopic(
  address: { readonly host: string; readonly port: number },
  topic: TopicPlan,
): Promise<void> {
  const source = new SyntheticTopic(topic);
  const frames = Array.from({ length: PERIOD_BYTES / BATCH_BYTES }, (_, batch) => {
    const payload = Buffer.alloc(BATCH_BYTES);
    source.copy(batch * BATCH_BYTES, BATCH_BYTES, payload, 0);
    const bytes = frame(INGEST, batch + 1, payload);
    bytes.writeUInt32LE(1, 28);
    bytes.writeUInt32LE(topic.id, 40);
    return bytes;
  });
  const count = Math.floor((topic.totalBytes ?? 0) / PERIOD_BYTES) * frames.length;
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    let acked = 0;
    const send = (): void => {
      if (sent < count) writer.write(frames[sent++ % frames.length]!);
    };
    const writer = new RawWriter(address, reject, () => {
      send();
      if (++acked < count) return;
      writer.close();
      resolve();
    });
    for (let batch = 0; batch < IN_FLIGHT; batch++) send();
  });
}
