import { Producer } from 'sluice/lance';
import { emptyDigest } from '../fake-server/digest.js';
import type { ClientProgram } from '../harness/client-program.js';
import { ended } from './ended.js';
import { RecordPool } from './record-pool.js';

const TLV_HEADER_BYTES = 5;

/** A record at a time, each with a completion of its own, as many at once as may be in flight. */
export const program: ClientProgram = {
  run({ host, ports, topic, settings: { inFlight = 1 } }, tally, failed) {
    const producer = new Producer({ host, port: ports.lwp });
    const pool = new RecordPool(topic);
    let isOver = false;
    const send = (): void => {
      const value = pool.next();
      // The clock costs little beside one record in flight, and too much beside thousands.
      const sentAt = inFlight === 1 ? performance.now() : 0;
      producer.send(topic.name, value).subscribe({
        complete: () => {
          if (inFlight === 1) tally.latenciesUs.push((performance.now() - sentAt) * 1000);
          tally.records++;
          tally.bytes += value.length + TLV_HEADER_BYTES;
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

  async verify({ host, ports, topic }, records) {
    const producer = new Producer({ host, port: ports.lwp, bufferBytes: 64 << 20 });
    const digest = emptyDigest();
    const sent = [...new RecordPool(topic).take(records, digest)].map(async (value) =>
      ended(producer.send(topic.name, value)),
    );
    await Promise.all(sent);
    await ended(producer.close());
    return digest;
  },
};
