import { delay, finalize, of, tap } from 'rxjs';
import { text } from '../../../../src/codecs/payload/text.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import { MISFORTUNES, moments, playing, within } from './misfortunes.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** What passes while a lease still has time: nobody else may be given what is being worked on. */
const HARMLESS: readonly string[] = [
  'drop',
  'split into bytes',
  'split into seven bytes',
  'a short delay',
  'a request twice',
  'an answer twice',
  'an overtaken answer',
  'slow readers',
  'a restart in no time',
  'the clock an hour ahead',
  'the clock an hour behind',
];

describe('queue.messages with leases: long work is done once while its lease can be kept, and always done', () => {
  it.each(Object.entries(MISFORTUNES))('%s', (name, faults) => {
    for (const atMs of moments(617, 5_000)) {
      playing(function* ({ flo, watch, at }) {
        const { server, client, enqueue, apply, wire } = flo({ client: { timeoutMs: 300 }, maxDeliveries: 200 });
        enqueue('q', ...NAMES);
        at(`${Math.max(60, atMs)}ms f`, { f: () => faults.forEach(apply) });
        const done: string[] = [];
        const begun: string[] = [];
        const stream = client.queue.messages('q', {
          codec: text(),
          window: { deliveries: 4 },
          visibilityTimeoutMs: 2_000,
          blockMs: 300,
        });
        let running = 0;
        const seen = watch(
          stream.pipe(
            work(
              (value) => {
                begun.push(value);
                running++;
                return of(value).pipe(
                  delay(5_000),
                  tap((each) => done.push(each)),
                  finalize(() => running--),
                );
              },
              { concurrency: 3 },
            ),
          ),
        );
        const isEmpty = (): boolean => server.queue('q').ready + server.queue('q').leased === 0;
        yield* within(120_000, () => NAMES.every((each) => done.includes(each)) && isEmpty());
        expect({ atMs, ended: seen.ended, error: seen.error }).toEqual({ atMs, ended: undefined, error: undefined });
        expect({ atMs, left: NAMES.filter((each) => !done.includes(each)) }).toEqual({ atMs, left: [] });
        if (HARMLESS.includes(name)) expect({ atMs, begun: begun.toSorted() }).toEqual({ atMs, begun: NAMES });
        const drained = watch(stream.drain());
        yield* within(40_000, () => drained.ended !== undefined);
        const { acked, nacked, dead, abandoned, delivered } = drained.at(0);
        expect({ atMs, fates: acked + nacked + dead + abandoned }).toEqual({ atMs, fates: delivered });
        expect(running).toBe(0);
        watch(client.close());
        yield 5_000;
        expect({ atMs, open: wire.open }).toEqual({ atMs, open: 0 });
      }, atMs);
    }
  });
});
