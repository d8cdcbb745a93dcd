import { marbles } from '../../src/testing.js';
import { connected, dataIn, storedIn } from './producing.js';

/** Those that the server's cluster had to carry out: sent again, over another connection. */
const PASSING = ['FORWARD_FAILED: Forward operation timed out', 'NOT_LEADER: leader unknown'];
/** About that batch alone, whether the same may be taken later or not. */
const FINAL = ['Unknown topic', 'Rate limit exceeded', 'I/O error: No space left on device (os error 28)'];

describe('a server that does not take a batch, and takes those behind it', () => {
  it.each(PASSING)(
    '"%s": all in flight is sent again in its order, so what is behind stands there before it, too',
    (text) => {
      marbles(function* ({ watch }) {
        const { rig, producer } = yield* connected({ maxPendingAcks: 3 });
        rig.server.faults.failNextIngests(1, text);
        const sends = 'abcd'.split('').map((each) => watch(producer.sendBatch('log', [each])));
        yield 1_000;
        expect(sends.map(({ ended }) => ended)).toEqual(Array(4).fill('complete'));
        expect(dataIn(rig)).toBe('!bcabcd');
      });
    },
  );

  it.each(PASSING)('"%s" with maxPendingAcks: 1 changes nothing', (text) => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ maxPendingAcks: 1 });
      rig.server.faults.failNextIngests(1, text);
      const sends = 'abcd'.split('').map((each) => watch(producer.sendBatch('log', [each])));
      yield 1_000;
      expect(sends.map(({ ended }) => ended)).toEqual(Array(4).fill('complete'));
      expect(dataIn(rig)).toBe('!abcd');
    });
  });

  it.each(FINAL)('"%s": its records fail at once, and what is behind is written', (text) => {
    for (const maxPendingAcks of [1, 3]) {
      marbles(function* ({ watch }) {
        const { rig, producer } = yield* connected({ maxPendingAcks });
        rig.server.faults.failNextIngests(1, text);
        const sends = 'abcd'.split('').map((each) => watch(producer.sendBatch('log', [each])));
        yield 1_000;
        expect(sends.map(({ ended }) => ended)).toEqual(['error', 'complete', 'complete', 'complete']);
        expect(sends[0]!.error).toMatchObject({ context: { outcome: 'refused' } });
        expect(dataIn(rig)).toBe('!bcd');
      });
    }
  });

  it.each([
    [1, 0],
    [2, 1],
  ])(
    'a sink ends; with maxPendingAcks: %i, %i batches behind it have been written all the same',
    (maxPendingAcks, behind) => {
      marbles(function* ({ lance, watch }) {
        const rig = lance({ ackDelayMs: 5 });
        rig.server.createTopic('log');
        rig.server.faults.failNextIngests(1, 'Rate limit exceeded');
        const records = Array.from({ length: 100 }, (_, i) => String(i).padStart(95, '.'));
        const seen = watch(rig.client.sink<string>('log', { batchSize: 100, maxPendingAcks })(records));
        yield 1_000;
        expect(seen.error).toMatchObject({ code: 'LANCE_RATE_LIMITED', context: { outcome: 'refused' } });
        expect(storedIn(rig)).toEqual(records.slice(1, 1 + behind));
      });
    },
  );
});
