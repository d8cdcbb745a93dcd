import { SluiceError } from '../../src/foundation/errors.js';
import { marbles, type Watch } from '../../src/testing.js';
import { randomFrom } from '../../tests/lance/random.js';
import { connected, storedIn } from './producing.js';

/** What became of a send: its outcome if it failed. */
const fateOf = ({ ended, error }: Watch<unknown>): unknown =>
  ended === 'complete' ? 'acked' : error instanceof SluiceError ? error.context['outcome'] : ended;

describe('whatever happens to the connection, what a producer says of a record is true', () => {
  it.each(Array.from({ length: 120 }, (_, i) => i + 100))('by chance %i', (seed) => {
    marbles(function* ({ watch }) {
      const random = randomFrom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const { rig, producer } = yield* connected({
        ...{ deliveryTimeoutMs: 400, requestTimeoutMs: 150, bufferBytes: 2_000, reconnect: { maxAttempts: 4 } },
        ...(seed % 3 === 0 ? { batching: 'linger' } : {}),
        ...(seed % 3 === 1 ? { lingerMs: 0, maxPendingAcks: 3 } : {}),
        ...(seed % 4 === 0 ? { keepaliveIntervalMs: 70 } : {}),
        batchSize: 200, ...(seed % 5 === 0 ? { deliveryTimeoutMs: 120, lingerMs: 3 } : {}), ...(seed % 7 === 0 ? { widenRound: true } : {}),
      });
      rig.server.createTopic('second');
      const { faults } = rig.server;
      const trouble = [
        () => faults.dropConnections(),
        () => faults.dropBeforeNextAcks(1),
        () => faults.dropAfterNextAcks(1),
        () => faults.swallowNextAcks(1),
        () => faults.sendBackpressure(),
        () => faults.failNextIngests(1, 'Unknown topic'),
        () => faults.refuseNextConnections(1 + below(5)),
      ];
      // A server that refuses one batch and takes those sent right behind it: that changes the order.
      const isOrdered = seed % 2 === 1;
      if (!isOrdered) trouble.push(() => faults.failNextIngests(1, 'FORWARD_FAILED: Forward operation timed out'));
      const sends: { readonly text: string; readonly topic: string; readonly seen: Watch<unknown> }[] = [];
      for (let step = 0; step < 400; step++) {
        const topic = below(3) === 0 ? 'second' : 'log';
        const text = `${step}:${'.'.repeat(below(60))}`;
        const send = below(4) === 0 ? producer.sendBatch(topic, [text]) : producer.send(topic, text);
        sends.push({ text, topic, seen: watch(send) });
        if (below(12) === 0) trouble[below(trouble.length)]!();
        yield below(9);
      }
      const closed = watch(producer.close({ deadlineMs: 300 }));
      yield 2_000;
      expect(closed.ended).toBe('complete');
      const stored = { log: storedIn(rig).slice(1), second: storedIn(rig, 'second') };
      const times = (topic: string, text: string): number =>
        stored[topic as 'log'].filter((each) => each === text).length;
      const wrong = sends.filter(({ text, topic, seen }) => {
        const fate = fateOf(seen);
        if (fate === 'acked') return times(topic, text) === 0;
        if (fate === 'not sent' || fate === 'refused') return times(topic, text) > 0;
        return fate !== 'unknown';
      });
      expect(wrong.map(({ text, seen }) => [text, fateOf(seen)])).toEqual([]);
      // Something of each kind has happened, and what was written is in the order of its first writing.
      expect(new Set(sends.map(({ seen }) => fateOf(seen))).size).toBeGreaterThanOrEqual(2);
      for (const topic of ['log', 'second'] as const) {
        const first = [...new Set(stored[topic])];
        const sent = sends.filter((each) => each.topic === topic && first.includes(each.text)).map(({ text }) => text);
        if (isOrdered) expect(first).toEqual(sent);
      }
      const { records, failedRecords, refused, bufferedRecords, bufferedBytes, inFlight } = producer.metrics();
      expect(records + failedRecords + refused).toBe(1 + sends.length);
      expect([bufferedRecords, bufferedBytes, inFlight]).toEqual([0, 0, 0]);
    });
  });
});
