import { text } from '../../../../src/codecs/payload/text.js';
import { fault } from '../../../../src/testing/faults/fault.js';
import { misfortunesBut, moments, playing, within } from './misfortunes.js';

/** Between the moments at which it goes wrong, in milliseconds. */
const STEP = 23;

describe('kv: every call has an outcome, what was acknowledged is stored, and the client goes on, whatever goes wrong', () => {
  it.each(misfortunesBut())('%s', (_, faults) => {
    for (const atMs of moments(STEP)) {
      playing(function* ({ flo, watch, at }) {
        const { client, newClient, apply } = flo({ client: { timeoutMs: 400 } });
        at(`${atMs}ms f`, { f: () => faults.forEach(apply) });
        const puts: ReturnType<typeof watch<unknown>>[] = [];
        const gets: ReturnType<typeof watch<string | undefined>>[] = [];
        for (let index = 0; index < 15; index++) {
          puts.push(watch(client.kv.put(`k${index}`, `v${index}`)));
          gets.push(watch(client.kv.get(`k${index - 3}`, { codec: text() })));
          yield 13;
        }
        const waits = watch(client.kv.get('late', { codec: text(), waitMs: 2_000 }));
        const calls = [...puts, ...gets, waits];
        yield* within(20_000, () => calls.every(({ ended }) => ended !== undefined));
        const open = calls.flatMap(({ ended }, index) => (ended === undefined ? [index] : []));
        expect({ atMs, open }).toEqual({ atMs, open: [] });
        // What is in there, as another client sees it when all is well again.
        yield 600;
        apply(fault.heal());
        const other = newClient();
        const found = puts.map((__, index) => watch(other.kv.get(`k${index}`, { codec: text() })));
        yield* within(20_000, () => found.every(({ ended }) => ended !== undefined));
        for (const [index, put] of puts.entries()) {
          if (put.ended === 'complete') expect(found[index]?.values).toEqual([`v${index}`]);
        }
        for (const [index, get] of gets.entries()) {
          if (get.ended === 'complete') expect([undefined, `v${index - 3}`]).toContain(get.values[0]);
        }
        const last = watch(client.kv.put('last', 'one'));
        yield* within(10_000, () => last.ended !== undefined);
        expect({ atMs, last: last.ended, error: last.error }).toEqual({ atMs, last: 'complete', error: undefined });
        watch(client.close());
        watch(other.close());
      }, atMs);
    }
  });
});
