import { concatMap, map, takeWhile, tap, timer } from 'rxjs';
import { LanceClient } from 'sluice/lance';
import { serveQuestions } from '../harness/questions.js';
import type { Growth, SlowFigures, SlowQuestion } from './messages.js';

const SAMPLE_MS = 10;

// No garbage is collected on demand here: what the process grows by is what an operator of it would see.
serveQuestions(async ({ target, bytes: end, pauseMs }: SlowQuestion): Promise<SlowFigures> => {
  const watch = watchGrowth();
  const lance = new LanceClient({ host: '127.0.0.1', port: target.ports.lwp });
  const from = performance.now();
  let bytes = 0;
  let records = 0;
  await new Promise<void>((resolve, reject) => {
    lance
      .consume(target.topic.name, { from: 'beginning' })
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
  return { seconds: (performance.now() - from) / 1000, bytes, records, growth: watch() };
});

/** Samples until the returned function is called. */
function watchGrowth(): () => Growth {
  const base = process.memoryUsage();
  const peak = { heapUsed: base.heapUsed, external: base.external, rss: base.rss };
  const sample = (): void => {
    const { heapUsed, external, rss } = process.memoryUsage();
    peak.heapUsed = Math.max(peak.heapUsed, heapUsed);
    peak.external = Math.max(peak.external, external);
    peak.rss = Math.max(peak.rss, rss);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    sample();
    return {
      heapUsed: peak.heapUsed - base.heapUsed,
      external: peak.external - base.external,
      rss: peak.rss - base.rss,
    };
  };
}
