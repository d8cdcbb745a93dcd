import { Producer, RecordType, TlvRecord } from 'sluice/lance';
import { emptyDigest } from '../fake-server/digest.js';
import type { ClientProgram, Target } from '../harness/client-program.js';
import { ended } from './ended.js';
import { RecordPool } from './record-pool.js';

const TLV_HEADER_BYTES = 5;
const DISTINCT = 16;

function perBatch({ topic, settings: { batchBytes = 64 << 10 } }: Target): number {
  return Math.floor(batchBytes / (topic.recordBytes + TLV_HEADER_BYTES));
}

/** Whole batches, each awaited, as many at once as may be in flight: what the Python client is measured with. */
export const program: ClientProgram = {
  run(target, tally, failed) {
    const { host, ports, topic, settings } = target;
    const { inFlight = 64 } = settings;
    const producer = new Producer({ host, port: ports.lwp, maxPendingAcks: inFlight });
    const pool = new RecordPool(topic);
    const records = perBatch(target);
    const batches = Array.from({ length: DISTINCT }, () =>
      Array.from({ length: records }, () => new TlvRecord(RecordType.RawData, pool.next())),
    );
    const bytes = batches.map((batch) => batch.reduce((sum, record) => sum + record.byteLength, 0));
    let next = 0;
    let isOver = false;
    const send = (): void => {
      const at = next++ % DISTINCT;
      producer.sendBatch(topic.name, batches[at]!).subscribe({
        complete: () => {
          tally.records += records;
          tally.bytes += bytes[at]!;
          if (!isOver) send();
        },
        error: (error) => isOver || failed(error),
      });
    };
    for (let sent = 0; sent < inFlight; sent++) send();
    return () => {
      isOver = true;
      producer.close().subscribe({ error: failed });
    };
  },

  async verify(target, records) {
    const { host, ports, topic } = target;
    const producer = new Producer({ host, port: ports.lwp });
    const digest = emptyDigest();
    const pool = new RecordPool(topic);
    while (digest.records < records) {
      const batch = [...pool.take(perBatch(target), digest)].map((value) => new TlvRecord(RecordType.RawData, value));
      await ended(producer.sendBatch(topic.name, batch));
    }
    await ended(producer.close());
    return digest;
  },
};
