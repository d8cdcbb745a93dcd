import { delay, of, tap } from 'rxjs';
import { records } from '../../../../src/observables/delivery/operators/records.js';
import { work } from '../../../../src/observables/delivery/operators/work.js';
import { MemoryOffsetStore } from '../../../../src/observables/lance/stores/memory-offset-store.js';
import { text } from '../../../../src/codecs/payload/text.js';
import { MISFORTUNES, misfortunesBut, moments, playing, within } from './misfortunes.js';

/** Between the moments at which it goes wrong, in milliseconds. */
const STEP = 23;
const NAMES = Array.from({ length: 24 }, (_, index) => `r${index}`);

describe('consume: each record is worked on, in order, and its position kept, whatever goes wrong', () => {
  it.each(misfortunesBut('an overtaken answer', 'a request twice', 'an answer twice'))('%s', (_, faults) => {
    for (const atMs of moments(STEP)) {
      playing(function* ({ lance, watch, at }) {
        const { server, newClient, append, apply } = lance({ client: { requestTimeoutMs: 400 } });
        const offsetStore = new MemoryOffsetStore();
        append('log', ...NAMES.slice(0, 12));
        at(`${atMs}ms f 45ms a 70ms b`, {
          f: () => faults.forEach(apply),
          a: () => append('log', ...NAMES.slice(12, 18)),
          b: () => append('log', ...NAMES.slice(18)),
        });
        const done: string[] = [];
        const options = { name: 'reader', codec: text(), offsetStore, maxFetchBytes: 60, commitCount: 3 } as const;
        const seen = watch(
          newClient()
            .consume('log', options)
            .pipe(
              records(),
              work((record) =>
                of(record.value).pipe(
                  delay(7),
                  tap((each) => done.push(each)),
                ),
              ),
            ),
        );
        yield* within(30_000, () => NAMES.every((name) => done.includes(name)));
        yield 300;
        expect({ atMs, ended: seen.ended, error: seen.error }).toEqual({ atMs, ended: undefined, error: undefined });
        // At least once, and never out of order: what comes again is what was being worked on.
        expect(NAMES.filter((name) => !done.includes(name))).toEqual([]);
        const firsts = done.filter((name, index) => done.indexOf(name) === index);
        expect(firsts).toEqual(NAMES);
        seen.unsubscribe();
        yield 10;
        const again = watch(newClient().consume('log', { ...options, until: 'end' }));
        yield 5_000;
        expect({ atMs, values: again.values.length, ended: again.ended }).toEqual({
          atMs,
          values: 0,
          ended: 'complete',
        });
        expect(server.topic('log')).toBeDefined();
      }, atMs);
    }
  });
});

describe('consume, when a request or an answer comes twice', () => {
  it.each(['a request twice', 'an answer twice'] as const)('%s: it is noticed, and nothing is passed over', (name) => {
    for (const atMs of moments(STEP)) {
      playing(function* ({ lance, watch, at }) {
        const { newClient, append, apply } = lance({ client: { requestTimeoutMs: 400 } });
        const offsetStore = new MemoryOffsetStore();
        append('log', ...NAMES);
        at(`${atMs}ms f`, { f: () => MISFORTUNES[name].forEach(apply) });
        const options = { name: 'reader', codec: text(), offsetStore, maxFetchBytes: 60, commitCount: 3 } as const;
        const done: string[] = [];
        const worked = newClient()
          .consume('log', options)
          .pipe(
            records(),
            work((record) =>
              of(record.value).pipe(
                delay(7),
                tap((each) => done.push(each)),
              ),
            ),
          );
        const seen = watch(worked);
        yield* within(10_000, () => seen.ended !== undefined || done.length === NAMES.length);
        const { code } = (seen.error ?? {}) as { code?: string };
        expect({ atMs, code: code ?? 'LANCE_PROTOCOL' }).toEqual({ atMs, code: 'LANCE_PROTOCOL' });
        expect(done).toEqual(NAMES.slice(0, done.length));
        seen.unsubscribe();
        // Who goes on misses nothing.
        yield 10;
        const again = watch(worked);
        yield* within(10_000, () => NAMES.every((each) => done.includes(each)));
        expect({ atMs, missing: NAMES.filter((each) => !done.includes(each)) }).toEqual({ atMs, missing: [] });
        again.unsubscribe();
      }, atMs);
    }
  });
});
