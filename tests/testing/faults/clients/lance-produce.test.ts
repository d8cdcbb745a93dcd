import { decodeRecords } from '../../../../src/codecs/lance/tlv.js';
import { misfortunesBut, moments, playing, within } from './misfortunes.js';

/** Between the moments at which it goes wrong, in milliseconds. */
const STEP = 23;
const NAMES = Array.from({ length: 30 }, (_, index) => `r${index}`);

describe('produce: what was acknowledged is stored, in order, and every record has an outcome, whatever goes wrong', () => {
  it.each(misfortunesBut('an overtaken answer'))('%s', (_, faults) => {
    for (const atMs of moments(STEP)) {
      playing(function* ({ lance, watch, at }) {
        const { server, producer: newProducer, apply } = lance({ ackDelayMs: 3 });
        server.createTopic('log');
        at(`${atMs}ms f`, { f: () => faults.forEach(apply) });
        const producer = newProducer({ requestTimeoutMs: 400, deliveryTimeoutMs: 8_000 });
        const sends: ReturnType<typeof watch<bigint>>[] = [];
        for (const name of NAMES) {
          sends.push(watch(producer.send('log', name)));
          yield 6;
        }
        yield* within(60_000, () => sends.every(({ ended }) => ended !== undefined));
        const open = NAMES.filter((__, index) => sends[index]?.ended === undefined);
        expect({ atMs, open }).toEqual({ atMs, open: [] });
        const { records } = decodeRecords(server.read('log'));
        const stored = records.map(({ value }) => Buffer.from(value).toString());
        const acked = NAMES.filter((__, index) => sends[index]?.ended === 'complete');
        expect({ atMs, lost: acked.filter((name) => !stored.includes(name)) }).toEqual({ atMs, lost: [] });
        const firsts = stored.filter((name, index) => stored.indexOf(name) === index);
        expect({ atMs, firsts }).toEqual({ atMs, firsts: NAMES.filter((name) => firsts.includes(name)) });
        expect({ atMs, left: producer.bufferedBytes }).toEqual({ atMs, left: 0 });
        // It still works.
        const last = watch(producer.send('log', 'last'));
        yield* within(10_000, () => last.ended !== undefined);
        expect({ atMs, last: last.ended, error: last.error }).toEqual({ atMs, last: 'complete', error: undefined });
        watch(producer.close());
      }, atMs);
    }
  });
});
