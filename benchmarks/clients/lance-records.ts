import { filter, map, take, tap } from 'rxjs';
import { autoAck, records } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { addRecord, emptyDigest } from '../fake-server/digest.js';
import type { ClientProgram } from '../harness/client-program.js';
import { ended } from './ended.js';
import { consumeOptions } from './lance-consume.js';

const TLV_HEADER_BYTES = 5;

/** One record at a time, with its value, through two operators of RxJS. */
export const program: ClientProgram = {
  run({ host, ports, topic, settings }, tally, failed) {
    const lance = new LanceClient({ host, port: ports.lwp });
    const subscription = lance
      .consume(topic.name, consumeOptions(settings))
      .pipe(
        autoAck(),
        records(),
        map((record) => record.value),
        filter((value) => value.length > 0),
      )
      .subscribe({
        next: (value) => {
          tally.bytes += value.length + TLV_HEADER_BYTES;
          tally.records++;
        },
        error: failed,
      });
    return () => {
      subscription.unsubscribe();
      lance.close().subscribe({ error: failed });
    };
  },

  async verify({ host, ports, topic, settings }, count) {
    const lance = new LanceClient({ host, port: ports.lwp });
    const digest = emptyDigest();
    await ended(
      lance.consume(topic.name, consumeOptions(settings)).pipe(
        autoAck(),
        records(),
        take(count),
        tap((record) => addRecord(digest, record.type, record.value)),
      ),
    );
    await ended(lance.close());
    return digest;
  },
};
