import { LanceClient, type ProducerOptions } from 'sluice/lance';
import { emptyDigest } from '../fake-server/digest.js';
import type { ClientProgram, Settings } from '../harness/client-program.js';
import { ended } from './ended.js';
import { RecordPool } from './record-pool.js';

/** What is not set is left to the library's defaults. */
export function producerOptions({ batchBytes, inFlight }: Settings): ProducerOptions {
  return {
    ...(batchBytes === undefined ? {} : { batchSize: batchBytes }),
    ...(inFlight === undefined ? {} : { maxPendingAcks: inFlight }),
  };
}

/** A source without end that is poured into a sink. */
export const program: ClientProgram = {
  run({ host, ports, topic, settings }, tally, failed) {
    const lance = new LanceClient({ host, port: ports.lwp });
    const pool = new RecordPool(topic);
    const sink = lance.sink<Uint8Array>(topic.name, producerOptions(settings));
    const subscription = sink(pool.endless()).subscribe({
      next: ({ records, bytes }) => {
        tally.records += records;
        tally.bytes += bytes;
      },
      error: failed,
    });
    return () => {
      subscription.unsubscribe();
      lance.close().subscribe({ error: failed });
    };
  },

  async verify({ host, ports, topic, settings }, records) {
    const lance = new LanceClient({ host, port: ports.lwp });
    const digest = emptyDigest();
    const sink = lance.sink<Uint8Array>(topic.name, producerOptions(settings));
    await ended(sink(new RecordPool(topic).take(records, digest)));
    await ended(lance.close());
    return digest;
  },
};
