import { frame } from '../fake-server/frames.js';
import { PERIOD_BYTES, SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';
import { RawLance } from './raw-lance.js';

const INGEST = 0x04;
/**
 * Large ones: a server that never had such a batch gives the memory of its answers back to the system again and again, and
 * serves every reader at half the speed. How it was filled must not decide that.
 */
const BATCH_BYTES = PERIOD_BYTES;
const IN_FLIGHT = 2;

/**
 * Writes a synthetic topic into a real one: whole periods, and every batch acknowledged when it resolves. Fails when the
 * server refuses one, goes away, or says nothing for `patienceMs`.
 */
export async function fillTopic(
  { host, port }: { readonly host: string; readonly port: number },
  topic: TopicPlan,
  patienceMs?: number,
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
  const lance = await RawLance.open(host, port, patienceMs);
  try {
    for (let acked = 0, sent = 0; acked < count; acked++) {
      while (sent < Math.min(count, acked + IN_FLIGHT)) lance.write(frames[sent++ % frames.length]!);
      await lance.acknowledgement(`batch ${acked + 1} of ${count} of topic ${topic.name}`);
    }
  } finally {
    lance.close();
  }
}
