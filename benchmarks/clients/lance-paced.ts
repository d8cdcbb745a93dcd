import { Producer } from 'sluice/lance';
import type { ClientProgram } from '../harness/client-program.js';
import { producerOptions } from './lance-sink.js';
import { RecordPool } from './record-pool.js';

const TLV_HEADER_BYTES = 5;

/**
 * Records that become due at an even pace, whatever has been acknowledged. The time of each counts from when it was due,
 * not from when it was sent: a producer that falls behind can't hide that.
 */
export const program: ClientProgram = {
  run({ host, ports, topic, settings }, tally, failed) {
    const { perSecond = 100 } = settings;
    const producer = new Producer({ host, port: ports.lwp, ...producerOptions(settings) });
    const pool = new RecordPool(topic);
    const everyMs = 1000 / perSecond;
    let dueAt = performance.now() + everyMs;
    let isOver = false;
    let timer: NodeJS.Timeout;
    const turn = (): void => {
      for (const now = performance.now(); dueAt <= now; dueAt += everyMs) {
        const since = dueAt;
        const value = pool.next();
        producer.send(topic.name, value).subscribe({
          complete: () => {
            tally.latenciesUs.push((performance.now() - since) * 1000);
            tally.records++;
            tally.bytes += value.length + TLV_HEADER_BYTES;
          },
          error: (error) => isOver || failed(error),
        });
      }
      timer = setTimeout(turn, Math.max(0, dueAt - performance.now()));
    };
    turn();
    return () => {
      isOver = true;
      clearTimeout(timer);
      producer.close().subscribe({ error: failed });
    };
  },
};
