import { map, repeat, takeWhile } from 'rxjs';
import { autoAck } from 'sluice';
import { LanceClient, type ConsumeOptions } from 'sluice/lance';
import { addRecord, emptyDigest } from '../fake-server/digest.js';
import type { ClientProgram, Settings } from '../harness/client-program.js';
import { ended } from './ended.js';

/** From the beginning; what is not set is left to the library's defaults. */
export function consumeOptions({ prefetch, fetchBytes, again }: Settings): ConsumeOptions {
  return {
    from: 'beginning',
    ...(prefetch === undefined ? {} : { prefetch }),
    ...(fetchBytes === undefined ? {} : { maxFetchBytes: fetchBytes }),
    ...(again === true ? { until: 'end' } : {}),
  };
}

/** What a user writes first: a topic by name from its beginning, default options, batches acked as they pass. */
export const program: ClientProgram = {
  run({ host, ports, topic, settings }, tally, failed) {
    const lance = new LanceClient({ host, port: ports.lwp });
    const stream = lance.consume(topic.name, consumeOptions(settings)).pipe(autoAck());
    const source = settings.again === true ? stream.pipe(repeat()) : stream;
    const subscription = source.subscribe({
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

  async verify({ host, ports, topic, settings }, records) {
    const lance = new LanceClient({ host, port: ports.lwp });
    const digest = emptyDigest();
    await ended(
      lance.consume(topic.name, consumeOptions(settings)).pipe(
        autoAck(),
        map((batch) => {
          for (let at = 0; at < batch.length && digest.records < records; at++)
            addRecord(digest, batch.type(at), batch.bytes(at));
        }),
        takeWhile(() => digest.records < records),
      ),
    );
    await ended(lance.close());
    return digest;
  },
};
