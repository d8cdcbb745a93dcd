import { map } from 'rxjs';
import { InvalidRecordError } from '../../src/codecs/lance/errors.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { TopicChangedError } from '../../src/observables/lance/connection/errors.js';
import { TruncatedError } from '../../src/observables/lance/consuming/truncated-error.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
import { marbles } from '../../src/testing.js';
import type { LanceRig } from '../../src/testing/lance/lance-rig.js';
import { Wire } from '../../tests/embedded/wire.js';
import { textsIn } from './records.js';

/** Long enough that bytes in their middle, taken for a header, announce more than any record may have. */
const long = (letter: string): string => letter.repeat(95);

/** A reader with a name that has stored a position of its own. */
function storeAt(position: bigint): MemoryOffsetStore {
  const store = new MemoryOffsetStore();
  store.save({ consumer: 'reader', topicId: 1, topicName: 'log' }, position).subscribe();
  return store;
}

function stored(store: MemoryOffsetStore, topicId = 1): bigint | undefined {
  let position: bigint | undefined;
  store.load({ consumer: 'reader', topicId, topicName: 'log' }).subscribe((offset) => (position = offset));
  return position;
}

describe('a stored position that lies in the middle of a record now', () => {
  it("'fail', by default: TruncatedError", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', long('a'), long('b'));
      const seen = watch(rig.client.consume('log', { name: 'reader', offsetStore: storeAt(130n) }));
      yield 100;
      expect(seen.error).toBeInstanceOf(TruncatedError);
      expect(seen.error).toMatchObject({ position: 130n, retryable: false, code: 'LANCE_TRUNCATED' });
      expect((seen.error as Error).cause).toBeInstanceOf(InvalidRecordError);
    });
  });

  it.each([
    ['beginning', ['a', 'b', 'c'], 300n],
    ['end', ['c'], 300n],
  ] as const)('%s: goes on there, says so, and stores the new position', (onTruncated, expected, end) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', long('a'), long('b'));
      const offsetStore = storeAt(130n);
      const stream = rig.client.consume('log', { name: 'reader', offsetStore, onTruncated });
      const texts = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 200;
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'delivering' }]);
      expect(status.at(0).detail).toMatch(`the ${onTruncated}: no records are at 130`);
      rig.append('log', long('c'));
      yield 200;
      expect(texts.values.flat().map(([letter]) => letter)).toEqual(expected);
      expect(stream.metrics()).toMatchObject({ truncations: 1, position: end });
      texts.unsubscribe();
      yield 1;
      expect(stored(offsetStore)).toBe(end);
    });
  });

  it('bytes that pass for a record by chance are not handed out', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const value = Buffer.concat([Buffer.of(1, 2, 0, 0, 0, 7, 7), Buffer.from(long('x'))]);
      rig.append('log', value, long('b'));
      const seen = watch(rig.client.consume('log', { name: 'reader', offsetStore: storeAt(5n) }));
      yield 100;
      expect(seen.values).toEqual([]);
      expect(seen.error).toMatchObject({ code: 'LANCE_TRUNCATED', position: 5n });
    });
  });

  it('the new position is stored before anything is read there', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', long('a'), long('b'));
      const offsetStore = storeAt(130n);
      const seen = watch(rig.client.consume('log', { name: 'reader', offsetStore, onTruncated: 'end' }));
      yield 6_000;
      expect(stored(offsetStore)).toBe(200n);
      seen.unsubscribe();
    });
  });

  it('damage later on is damage', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', long('a'));
      rig.server.append('log', Buffer.alloc(95, 'x'));
      const options = {
        name: 'reader',
        offsetStore: storeAt(0n),
        onTruncated: 'beginning',
        maxFetchBytes: 100,
      } as const;
      const seen = watch(rig.client.consume('log', options).pipe(autoAck()));
      yield 200;
      expect(seen.values).toHaveLength(1);
      expect(seen.error).toBeInstanceOf(InvalidRecordError);
    });
  });

  it('and so is damage at the very beginning of a topic', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.append('log', Buffer.alloc(95, 'x'));
      const seen = watch(rig.client.consume('log', { onTruncated: 'beginning' }));
      yield 200;
      expect(seen.error).toBeInstanceOf(InvalidRecordError);
    });
  });

  it('a second time without a record in between fails: it would never end', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', long('a'), long('b'));
      rig.server.append('log', Buffer.alloc(95, 'x'));
      const stream = rig.client.consume('log', { from: 130n, onTruncated: 'end' });
      const seen = watch(stream);
      yield 100;
      // The end is where garbage follows.
      rig.server.append('log', Buffer.alloc(95, 'x'));
      yield 1_000;
      expect(seen.error).toBeInstanceOf(TruncatedError);
      expect(stream.metrics().truncations).toBe(1);
    });
  });
});

describe('segments are deleted under a reader that is away', () => {
  it('what is unsettled is waited for before reading goes on elsewhere', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', long('a'), long('b'), long('c'));
      const stream = rig.client.consume('log', {
        maxFetchBytes: 100,
        window: { deliveries: 3 },
        onTruncated: 'beginning',
      });
      const seen = watch(stream);
      yield 150;
      rig.stop();
      rig.append('log', long('d'), long('e'));
      rig.server.faults.trimTopic('log', 50);
      rig.start();
      seen.at(0).ack();
      yield 500;
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['server'] }]);
      expect(seen.values).toHaveLength(3);
      rig.server.faults.trimTopic('log', 50);
      rig.server.faults.dropConnections();
      yield 500;
      expect(status.values.at(-1)).toMatchObject({ state: 'paused', reasons: ['server'] });
      seen.at(2).ack();
      seen.at(1).ack();
      yield 500;
      expect(seen.values.slice(3).map(({ value }) => [value.position, textsIn(value)[0]?.[0]])).toEqual([
        [0n, 'b'],
        [100n, 'c'],
        [200n, 'd'],
      ]);
      for (const delivery of seen.values.slice(3)) delivery.ack();
      yield 1;
      expect(stream.metrics()).toMatchObject({ position: 300n, truncations: 1 });
      seen.unsubscribe();
    });
  });
});

describe('a topic that was made anew', () => {
  function recreate(rig: LanceRig): void {
    rig.stop();
    rig.start();
    new Wire(rig.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
  }

  it.each([
    ['beginning', ['a', 'x', 'y']],
    ['end', ['a', 'y']],
  ] as const)('%s: it is followed', (onTruncated, expected) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new MemoryOffsetStore();
      const stream = rig.client.consume('log', { name: 'reader', offsetStore, onTruncated });
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 1_500;
      recreate(rig);
      yield 20;
      rig.append('log', 'x');
      yield 1_000;
      rig.append('log', 'y');
      yield 1_000;
      expect(seen.values.flat()).toEqual(expected);
      expect(stream.metrics().truncations).toBe(1);
      seen.unsubscribe();
      yield 1;
      expect(stored(offsetStore, 2)).toBe(12n);
    });
  });

  it.each([
    ['beginning', ['x', 'y'], 12n],
    ['end', ['y'], 12n],
  ] as const)('%s: a position that was stored for the one before is none', (onTruncated, expected, position) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'x');
      const offsetStore = new MemoryOffsetStore();
      offsetStore.save({ consumer: 'reader', topicId: 7, topicName: 'log' }, 6n).subscribe();
      const options = { name: 'reader', offsetStore } as const;
      const fails = watch(rig.client.consume('log', options));
      const seen = watch(rig.client.consume('log', { ...options, onTruncated }).pipe(autoAck(), map(textsIn)));
      yield 200;
      expect(fails.error).toBeInstanceOf(StalePositionError);
      rig.append('log', 'y');
      yield 200;
      expect(seen.values.flat()).toEqual(expected);
      seen.unsubscribe();
      yield 1;
      expect(stored(offsetStore)).toBe(position);
    });
  });

  it("'fail': TopicChangedError", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log'));
      yield 1_500;
      recreate(rig);
      yield 1_000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
    });
  });
});

it('the options are checked', () => {
  const client = new LanceClient();
  const wrong = [
    ['onTruncated', { onTruncated: 'skip' as never }],
    ['catchingUp.pauseMs', { catchingUp: { pauseMs: -1 } }],
    ['catchingUp.attempts', { catchingUp: { attempts: 0 } }],
    ['catchingUp.attempts', { catchingUp: { attempts: 1.5 } }],
    ['catchingUp.retries', { catchingUp: { retries: 3 } as never }],
  ] as const;
  for (const [option, options] of wrong) {
    expect(() => client.consume('log', options)).toThrow(InvalidOptionError);
    expect(() => client.consume('log', options)).toThrow(option);
  }
});
