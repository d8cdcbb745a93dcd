import { backpressureFrame } from '../../src/codecs/lance/frames.js';
import { lancePeer, marbles } from '../../src/testing.js';
import { connected } from './producing.js';

describe('Producer.status$', () => {
  it('from the first record to the end, through a loss', () => {
    marbles(function* ({ expectRecording, lance, watch }) {
      const rig = lance({ ackDelayMs: 5 });
      rig.server.createTopic('log');
      const producer = rig.producer();
      const states = watch(producer.status$);
      yield 10;
      watch(producer.send(1, 'a'));
      yield 90;
      rig.stop();
      yield 100;
      watch(producer.send(1, 'b'));
      yield 50;
      rig.start();
      yield 500;
      watch(producer.close());
      yield 50;
      expect(
        states.values.map(({ state, sinceMs, detail }) => [state, sinceMs, /E[A-Z]+|$/.exec(detail)?.[0]]),
      ).toEqual([
        ['idle', 0, ''],
        ['connecting', 10, ''],
        ['connected', 30, ''],
        ['disconnected', 110, 'ECONNRESET'],
        ['reconnecting', 200, 'ECONNRESET'],
        ['reconnecting', 200, 'ECONNREFUSED'],
        ['connected', 340, ''],
        ['closed', 750, ''],
      ]);
      expect(states.ended).toBe('complete');
      expectRecording(watch(producer.status$)).toBe('800ms (c|)', { c: expect.objectContaining({ state: 'closed' }) });
    });
  });

  it('says that the server asks to slow down, and that the socket takes no more', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(({ end }) => void end.write(backpressureFrame()));
      const producer = peer.producer();
      const states = watch(producer.status$);
      watch(producer.connect());
      yield 100;
      peer.ends.at(-1)!.pause();
      watch(producer.sendBatch(1, [new Uint8Array(100_000)]));
      yield 50;
      peer.ends.at(-1)!.resume();
      yield 50;
      expect(states.values.map(({ state, reasons }) => [state, ...reasons])).toEqual([
        ['idle'],
        ['connecting'],
        ['connected'],
        ['connected', 'socket'],
        ['connected'],
        ['connected', 'server'],
      ]);
      expect(new Set(states.values.slice(2).map(({ sinceMs }) => sinceMs)).size).toBe(1);
      watch(producer.close({ deadlineMs: 0 }));
    });
  });

  it('isHealthy is false while a connection that was lost is not back', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      expect(producer.isHealthy).toBe(true);
      rig.stop();
      yield 20;
      expect(producer.isHealthy).toBe(false);
      rig.start();
      watch(producer.send('log', 'a'));
      yield 100;
      expect(producer.isHealthy).toBe(true);
      watch(producer.close());
      yield 100;
      expect(producer.isHealthy).toBe(false);
    });
  });

  it('gives up: disconnected, not reconnecting', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.stop();
      const producer = rig.producer({ reconnect: { maxAttempts: 1 } });
      const states = watch(producer.status$);
      watch(producer.send(1, 'a'));
      yield 1_000;
      expect(states.values.map(({ state }) => state)).toEqual(['idle', 'connecting', 'reconnecting', 'disconnected']);
    });
  });
});

describe('Producer.metrics', () => {
  it('counts what was acknowledged, failed, sent again and refused, and what is at hand', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ bufferBytes: 100 });
      const before = {
        ...{ records: 1, bytes: 6, batches: 1, retries: 0, acks: 1, errors: 0, failedRecords: 0, refused: 0 },
        ...{ waits: 0, waitedMs: 0, bufferedRecords: 0, bufferedBytes: 0, inFlight: 0 },
      };
      expect(producer.metrics()).toEqual(before);
      for (const text of 'abc') watch(producer.send('log', text));
      watch(producer.send('log', 'x'.repeat(100)));
      expect(producer.metrics()).toEqual({
        ...before,
        ...{ batches: 2, refused: 1, bufferedRecords: 3, bufferedBytes: 18, inFlight: 1 },
      });
      rig.server.faults.dropBeforeNextAcks(1);
      yield 500;
      expect(producer.metrics()).toEqual({
        ...before,
        records: 4,
        bytes: 24,
        batches: 4,
        retries: 1,
        acks: 3,
        refused: 1,
      });
      watch(producer.sendBatch(77, ['x', 'y']));
      yield 100;
      expect(producer.metrics()).toMatchObject({ records: 4, batches: 5, acks: 3, errors: 1, failedRecords: 2 });
    });
  });

  it('how often, and for how long, the socket or the server made records wait', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      rig.server.faults.sendBackpressure();
      watch(producer.sendBatch('log', ['a']));
      yield 11;
      expect(producer.metrics()).toMatchObject({ waits: 0, waitedMs: 0 });
      watch(producer.sendBatch('log', ['b']));
      yield 4;
      expect(producer.metrics()).toMatchObject({ waits: 1, waitedMs: 4 });
      yield 200;
      // The ack of the first comes 25 ms after it was sent.
      expect(producer.metrics()).toMatchObject({ waits: 1, waitedMs: 14 });
    });
  });

  it('nothing waits any more once its time is over', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ deliveryTimeoutMs: 1_000, maxPendingAcks: 1 });
      rig.server.faults.sendBackpressure();
      rig.server.faults.swallowNextAcks(1);
      yield 10;
      for (const text of 'ab') watch(producer.sendBatch('log', [text]));
      yield 5_000;
      expect(producer.metrics()).toMatchObject({ waits: 1, waitedMs: 1_000, bufferedRecords: 0 });
    });
  });
});
