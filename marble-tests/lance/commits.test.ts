import { map, NEVER, of, tap, throwError } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { consumerId } from '../../src/codecs/lance/consumer-id.js';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import { readBigU64 } from '../../src/codecs/little-endian.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import type { ConsumeOptions } from '../../src/observables/lance/consume-options.js';
import { MemoryOffsetStore } from '../../src/observables/lance/memory-offset-store.js';
import type { OffsetStore } from '../../src/observables/lance/offset-store.js';
import { marbles, Watch } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { textsIn } from './records.js';
import { SlowStore } from './slow-store.js';

/** Ten records of 20 bytes, read one by one. */
function tenRecords(): LanceRig {
  const rig = lanceRig();
  rig.append('log', ...Array.from({ length: 10 }, (_, i) => String(i).padStart(15, '0')));
  return rig;
}

const oneByOne = { name: 'reader', maxFetchBytes: 20, window: { deliveries: 10 } } satisfies ConsumeOptions;

function deliveriesOf(rig: LanceRig, store: OffsetStore, options: ConsumeOptions = {}): Watch<Delivery<RecordBatch>> {
  return new Watch(rig.client.consume('log', { ...oneByOne, offsetStore: store, ...options }));
}

describe('positions are stored', () => {
  it('by count', () => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore();
      const deliveries = deliveriesOf(rig, store, { commitCount: 3 });
      yield 500;
      for (const delivery of deliveries.values) {
        delivery.ack();
        yield 1;
      }
      expect(store.saved).toEqual([60, 120, 180]);
      deliveries.unsubscribe();
      expect(store.saved).toEqual([60, 120, 180, 200]);
      expect(store.keys).toEqual([{ consumer: 'reader', topicId: 1, topicName: 'log' }]);
    });
  });

  it('by time, and only when something has moved', () => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore();
      const deliveries = deliveriesOf(rig, store);
      yield 500;
      deliveries.at(0).ack();
      yield 4000;
      deliveries.at(1).ack();
      expect(store.saves).toEqual([]);
      yield 1001;
      expect(store.saves).toEqual([{ atMs: 5500, offset: 40n }]);
      yield 60_000;
      expect(store.saves).toHaveLength(1);
      deliveries.unsubscribe();
      expect(store.saves).toHaveLength(1);
    });
  });

  it('never beyond the oldest that is unsettled', () => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore();
      const deliveries = deliveriesOf(rig, store, { commitCount: 1 });
      yield 500;
      for (const index of [9, 3, 1, 0, 2, 8]) deliveries.at(index).ack();
      yield 1;
      expect(store.saved).toEqual([40, 80]);
      deliveries.unsubscribe();
      expect(store.saved).toEqual([40, 80]);
    });
  });

  it('on completion, before the report of a drain', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      const store = new SlowStore(300);
      const stream = rig.client.consume('log', { ...oneByOne, offsetStore: store, to: 'end' });
      const seen = watch(stream.pipe(autoAck()));
      yield 500;
      expect(seen.ended).toBe('complete');
      expect(store.saved).toEqual([200]);
      const report = watch(stream.drain());
      yield 0;
      expect([report.ended, store.running]).toEqual([undefined, 1]);
      yield 300;
      expect([report.ended, store.running]).toEqual(['complete', 0]);
    });
  });

  it('on an error', () => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore();
      const deliveries = deliveriesOf(rig, store, { maxRecordBytes: 15 });
      yield 500;
      deliveries.at(0).ack();
      deliveries.at(1).ack();
      rig.append('log', 'longer than fifteen bytes');
      yield 500;
      expect(deliveries.ended).toBe('error');
      expect(store.saved).toEqual([40]);
    });
  });

  it('one save at a time; what moved meanwhile is saved next', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      const store = new SlowStore(100);
      const deliveries = deliveriesOf(rig, store, { commitCount: 1 });
      yield 500;
      for (let i = 0; i < 6; i++) {
        deliveries.at(i).ack();
        yield 30;
      }
      deliveries.unsubscribe();
      const closed = watch(rig.client.close());
      yield 1000;
      expect(store.mostRunning).toBe(1);
      expect(store.saved[0]).toBe(20);
      expect(store.saved.at(-1)).toBe(120);
      expect(closed.ended).toBe('complete');
    });
  });

  it('nothing is stored of what was only delivered', () => {
    marbles(function* () {
      const store = new SlowStore();
      const deliveries = deliveriesOf(tenRecords(), store);
      yield 10_000;
      deliveries.unsubscribe();
      expect(store.saves).toEqual([]);
    });
  });
});

describe('a stored position', () => {
  it('wins over `from`, at every subscription', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      const store = new MemoryOffsetStore();
      const stream = rig.client.consume('log', { ...oneByOne, offsetStore: store, from: 40n });
      for (const first of ['2', '4', '6']) {
        const deliveries = watch(stream);
        yield 500;
        expect(Number(deliveries.at(0).value.text(0))).toBe(Number(first));
        deliveries.at(0).ack();
        deliveries.at(1).ack();
        deliveries.unsubscribe();
        yield 1;
      }
    });
  });

  it("of one client's consumer is found by its other streams, and not by other names or topics", () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      rig.append('other', 'x');
      const read = (topic: string | number, name: string): Watch<string[]> =>
        watch(
          rig.client.consume(topic, { name, to: 'end' }).pipe(
            autoAck(),
            map((batch) => textsIn(batch)),
          ),
        );
      const first = read('log', 'one');
      yield 200;
      const [again, byId, otherName, otherTopic] = [
        read('log', 'one'),
        read(1, 'one'),
        read('log', 'two'),
        read('other', 'one'),
      ];
      yield 200;
      expect(first.values.flat()).toHaveLength(10);
      expect(again.values).toEqual([]);
      expect(otherName.values.flat()).toHaveLength(10);
      expect(byId.values.flat()).toHaveLength(10);
      expect(otherTopic.values).toEqual([['x']]);
    });
  });

  it.each([2n ** 64n - 1n, 2n ** 63n - 1n])('%i is what other clients store for the end', (stored) => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore();
      store.offsets.set('reader', stored);
      const deliveries = deliveriesOf(rig, store);
      yield 500;
      rig.append('log', 'new');
      yield 200;
      expect(deliveries.values).toHaveLength(1);
      deliveries.unsubscribe();
    });
  });

  it.each([2n ** 53n, -1n])('%i is an error of the stream, never an exception', (stored) => {
    marbles(function* () {
      const store = new SlowStore();
      store.offsets.set('reader', stored);
      const deliveries = deliveriesOf(tenRecords(), store);
      yield 500;
      expect(deliveries.error).toMatchObject({ code: 'LANCE_OFFSET_STORE' });
    });
  });

  it('is loaded in its own time; a connection that breaks meanwhile does no harm', () => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore(0, 400);
      store.offsets.set('reader', 180n);
      const deliveries = deliveriesOf(rig, store, { prefetch: 1 });
      yield 200;
      rig.server.faults.dropConnections();
      yield 1000;
      expect(deliveries.values).toHaveLength(1);
      expect(new Set(rig.wire.commands(Command.Fetch).map(({ connection }) => connection))).toEqual(new Set([2]));
      deliveries.unsubscribe();
    });
  });
});

describe('a store that fails', () => {
  const failing = (overrides: Partial<OffsetStore>): OffsetStore => ({
    load: () => of(undefined),
    save: () => of(undefined),
    delete: () => of(undefined),
    ...overrides,
  });
  const full = new Error('disk full');

  it.each([
    ['emits an error', () => throwError(() => full)],
    [
      'throws',
      () => {
        throw full;
      },
    ],
  ])('when loading: it %s, and the stream with it', (_, load) => {
    marbles(function* () {
      const deliveries = deliveriesOf(tenRecords(), failing({ load }));
      yield 500;
      expect(deliveries.error).toBe(full);
    });
  });

  it.each([
    ['emits an error', () => throwError(() => full)],
    [
      'throws',
      () => {
        throw full;
      },
    ],
  ])('when saving: it %s, and the stream with it, never the one who settles', (_, save) => {
    marbles(function* () {
      const deliveries = deliveriesOf(tenRecords(), failing({ save }), { commitCount: 1 });
      yield 500;
      expect(deliveries.at(0).ack()).toBe('settled');
      yield 1;
      expect(deliveries.error).toBe(full);
    });
  });

  it('when flushing: the report has it', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      const store = failing({ save: () => throwError(() => full) });
      const stream = rig.client.consume('log', { ...oneByOne, offsetStore: store });
      const deliveries = watch(stream);
      yield 500;
      deliveries.at(0).ack();
      deliveries.unsubscribe();
      expect(stream.fate()).toMatchObject({ acked: 1, abandoned: 9, error: full });
    });
  });

  it('a store that never answers does not keep a client from closing', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      const store = failing({ save: () => NEVER });
      const deliveries = deliveriesOf(rig, store, { commitCount: 1 });
      yield 500;
      deliveries.at(0).ack();
      const closed = watch(rig.client.close({ deadlineMs: 2000 }));
      yield 10_000;
      expect(closed.endedAtMs).toBe(3500);
      expect(closed.values).toMatchObject([{ delivered: 10, acked: 1, abandoned: 9 }]);
    });
  });
});

describe('commitToServer', () => {
  it('tells the server what the store has, under the hash of the name', () => {
    marbles(function* () {
      const rig = tenRecords();
      const store = new SlowStore(50);
      const deliveries = deliveriesOf(rig, store, { commitToServer: true, commitCount: 5 });
      yield 500;
      for (const delivery of deliveries.values) delivery.ack();
      yield 500;
      deliveries.unsubscribe();
      yield 500;
      const commits = rig.wire.commands(Command.CommitOffset);
      expect(commits.map(({ payload }) => [readBigU64(payload, 4), readBigU64(payload, 12)])).toEqual([
        [consumerId('reader'), 100n],
        [consumerId('reader'), 200n],
      ]);
      expect(rig.wire.open).toBe(0);
    });
  });

  it('the last position too, after the stream was left or has ended', () => {
    marbles(function* () {
      const rig = tenRecords();
      const left = deliveriesOf(rig, new SlowStore(50), { commitToServer: true });
      yield 500;
      for (const delivery of left.values) delivery.ack();
      left.unsubscribe();
      yield 500;
      expect(rig.wire.commands(Command.CommitOffset)).toHaveLength(1);
      const ended = deliveriesOf(rig, new SlowStore(50), { commitToServer: true, to: 'end' });
      yield 500;
      for (const delivery of ended.values) delivery.ack();
      yield 500;
      expect(ended.ended).toBe('complete');
      expect(rig.wire.commands(Command.CommitOffset)).toHaveLength(2);
      expect(rig.wire.open).toBe(0);
    });
  });

  it('over the connection that comes while the stream drains', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      const store = new SlowStore();
      const stream = rig.client.consume('log', { ...oneByOne, offsetStore: store, commitToServer: true });
      const deliveries = watch(stream);
      yield 500;
      rig.server.faults.dropConnections();
      // The new connection is made after 110 ms, and takes 40 to find the topic.
      yield 120;
      const report = watch(stream.drain());
      yield 100;
      for (const delivery of deliveries.values) delivery.ack();
      yield 100;
      expect(report.ended).toBe('complete');
      expect(rig.wire.commands(Command.CommitOffset)).toHaveLength(1);
      expect(rig.wire.open).toBe(0);
    });
  });

  it('a server that refuses, or is gone, changes nothing', () => {
    marbles(function* ({ watch }) {
      const rig = tenRecords();
      rig.server.faults.failNextCommands(1, 'Invalid commit offset payload', Command.CommitOffset);
      const store = new SlowStore();
      const stream = rig.client.consume('log', {
        ...oneByOne,
        offsetStore: store,
        commitToServer: true,
        commitCount: 1,
      });
      const deliveries = watch(stream);
      yield 500;
      deliveries.at(0).ack();
      yield 100;
      deliveries.at(1).ack();
      yield 5;
      // The second one is under way.
      rig.stop();
      yield 100;
      deliveries.at(2).ack();
      yield 100;
      expect(deliveries.ended).toBeUndefined();
      expect(store.saved).toEqual([20, 40, 60]);
      deliveries.at(3).ack();
      const report = watch(
        stream.drain({ deadlineMs: 0 }).pipe(tap(() => expect(store.saved).toEqual([20, 40, 60, 80]))),
      );
      yield 100;
      expect(report.ended).toBe('complete');
      expect(deliveries.ended).toBe('complete');
    });
  });
});
