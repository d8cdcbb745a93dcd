import { autoAck } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { addRecord, emptyDigest } from '../fake-server/digest.js';
import type { ClientProgram } from '../harness/client-program.js';

/** What a user writes first: a topic by name from its beginning, default options, batches acked as they pass. */
export const program: ClientProgram = {
  run({ ports, topic }, tally, failed) {
    const lance = new LanceClient({ host: '127.0.0.1', port: ports.lwp });
    const subscription = lance
      .consume(topic.name, { from: 'beginning' })
      .pipe(autoAck())
      .subscribe({
        next: (batch) => {
          tally.bytes += batch.byteLength;
          tally.records += batch.length;
        },
        error: failed,
      });
    return () => {
      subscription.unsubscribe();
      lance.close().subscribe({ error: failed });
    };
  },

  async verify({ ports, topic }, records) {
    const lance = new LanceClient({ host: '127.0.0.1', port: ports.lwp });
    const digest = emptyDigest();
    await new Promise<void>((resolve, reject) => {
      const subscription = lance
        .consume(topic.name, { from: 'beginning' })
        .pipe(autoAck())
        .subscribe({
          next: (batch) => {
            for (let at = 0; at < batch.length && digest.records < records; at++)
              addRecord(digest, batch.type(at), batch.bytes(at));
            if (digest.records < records) return;
            subscription.unsubscribe();
            lance.close().subscribe({ error: reject, complete: resolve });
          },
          error: reject,
        });
    });
    return digest;
  },
};
