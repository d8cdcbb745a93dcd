import { concatMap, map, takeWhile, tap, timer } from 'rxjs';
import { LanceClient } from 'sluice/lance';
import { watchGrowth } from '../harness/memory-growth.js';
import { serveQuestions } from '../harness/questions.js';
import type { SlowFigures, SlowQuestion } from './messages.js';

serveQuestions(async ({ port, topic, bytes: end, pauseMs }: SlowQuestion): Promise<SlowFigures> => {
  const watch = watchGrowth();
  const lance = new LanceClient({ host: '127.0.0.1', port });
  const from = performance.now();
  let bytes = 0;
  let records = 0;
  await new Promise<void>((resolve, reject) => {
    lance
      .consume(topic, { from: 'beginning' })
      .pipe(
        concatMap((delivery) => timer(pauseMs).pipe(map(() => delivery))),
        tap((delivery) => {
          bytes += delivery.value.byteLength;
          records += delivery.value.length;
          delivery.ack();
        }),
        takeWhile(() => bytes < end),
      )
      .subscribe({ error: reject, complete: resolve });
  });
  return { seconds: (performance.now() - from) / 1000, bytes, records, growth: watch().growth };
});
