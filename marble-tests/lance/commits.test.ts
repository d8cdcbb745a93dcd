import { map, NEVER, of, tap, throwError } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { consumerId } from '../../src/codecs/lance/consumer-id.js';
import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import type { ConsumeOptions } from '../../src/observables/lance/consuming/consume-options.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import type { OffsetStore } from '../../src/observables/lance/stores/offset-store.js';
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

function streamOf(rig: LanceRig, store: OffsetStore, options: ConsumeOptions = {}): DeliveryStream<RecordBatch> {
  return rig.client.consume('log', { ...oneByOne, offsetStore: store, ...options });
}

function deliveriesOf(rig: LanceRig, store: OffsetStore, options: ConsumeOptions = {}): Watch<Delivery<RecordBatch>> {
  return new Watch(streamOf(rig, store, options));
}

describe('positions are stored', () => {
  it('by count', () => {
    marbles(function* ({ watch, expectFate, expectRecording }) {
      const store = new SlowStore();
      const stream = streamOf(tenRecords(), store, { commitCount: 3 });
      // Ten records of 20 bytes each; the tenth is stored when the reader leaves.
      expectFate(stream).toBe('     500ms aaaaaaaaaa');
      expectRecording(store).toBe('500ms --a--b--c-d', { a: 60, b: 120, c: 180, d: 200 });
      const deliveries = watch(stream);
      yield 500;
      for (const delivery of deliveries.values) {
        delivery.ack();
        yield 1;
      }
      deliveries.unsubscribe();
      expect(store.keys).toEqual([{ consumer: 'reader', topicId: 1, topicName: 'log', createdAt: 0n }]);
    });
  });

  it('by time, and only when something has moved', () => {
    marbles(function* ({ watch, expectFate, expectRecording }) {
      const store = new SlowStore();
      const stream = streamOf(tenRecords(), store);
      expectFate(stream).toBe('     500ms a 3999ms a 65499ms (xxxxxxxx)');
      expectRecording(store).toBe('500ms - 3999ms - 999ms p', { p: 40 });
      const deliveries = watch(stream);
      yield 500;
      deliveries.at(0).ack();
      yield 4000;
      deliveries.at(1).ack();
      yield 65_500;
      deliveries.unsubscribe();
    });
  });

  it('never beyond the oldest that is unsettled', () => {
    marbles(function* ({ watch, expectFate, expectRecording }) {
      const store = new SlowStore();
      const stream = streamOf(tenRecords(), store, { commitCount: 1 });
      const acked = (index: number) => ({ fate: 'acked', position: BigInt(20 * index) });
      expectFate(stream).toBe('     500ms 931028(xxxx)', {
        ...{ 9: acked(9), 3: acked(3), 1: acked(1), 0: acked(0), 2: acked(2), 8: acked(8) },
      });
      expectRecording(store).toBe('500ms ---pq', { p: 40, q: 80 });
      const deliveries = watch(stream);
      yield 500;
      for (const index of [9, 3, 1, 0, 2, 8]) {
        deliveries.at(index).ack();
        yield 1;
      }
      deliveries.unsubscribe();
    });
  });

  it('on completion, before the report of a drain', () => {
    marbles(function* ({ watch, expectFate, expectRecording }) {
      const store = new SlowStore(300);
      const stream = streamOf(tenRecords(), store, { until: 'end' });
      expectFate(stream).toBe('80ms a 19ms a 19ms a 19ms a 19ms a 19ms a 19ms a 19ms a 19ms a 19ms (a|)');
      expectRecording(store).toBe('260ms p 299ms s', { p: 200 });
      watch(stream.pipe(autoAck()));
      yield 400;
      const report = watch(stream.drain());
      expectRecording(report).toBe('260ms - 299ms (r|)', { r: expect.objectContaining({ acked: 10 }) });
      yield 300;
    });
  });

  it('on an error', () => {
    marbles(function* ({ watch, expectFate, expectRecording }) {
      const rig = tenRecords();
      const store = new SlowStore();
      const stream = streamOf(rig, store, { maxRecordBytes: 15 });
      expectFate(stream).toBe('500ms (aa) 16ms (xxxxxxxx#)');
      expectRecording(store).toBe('500ms ---- 16ms p', { p: 40 });
      const deliveries = watch(stream);
      yield 500;
      deliveries.at(0).ack();
      deliveries.at(1).ack();
      rig.append('log', 'longer than fifteen bytes');
      yield 500;
      expect(deliveries.error).toMatchObject({ code: 'LANCE_INVALID_RECORD' });
    });
  });

  it('one save at a time; what moved meanwhile is saved next', () => {
    marbles(function* ({ watch, expectFate, expectRecording }) {
      const rig = tenRecords();
      const store = new SlowStore(100);
      const stream = streamOf(rig, store, { commitCount: 1 });
      expectFate(stream).toBe('500ms a 29ms a 29ms a 29ms a 29ms a 29ms a 29ms (xxxx)');
      expectRecording(store).toBe('500ms p 99ms (sq) 96ms (sr) 96ms s', { p: 20, q: 80, r: 120 });
      const deliveries = watch(stream);
      yield 500;
      for (let i = 0; i < 6; i++) {
        deliveries.at(i).ack();
        yield 30;
      }
      deliveries.unsubscribe();
      const closed = watch(rig.client.close());
      yield 1000;
      expect(closed.ended).toBe('complete');
    });
  });

  it('nothing is stored of what was only delivered', () => {
    marbles(function* ({ expectRecording }) {
      const store = new SlowStore();
      expectRecording(store).toBe('');
      const deliveries = deliveriesOf(tenRecords(), store);
      yield 10_000;
      deliveries.unsubscribe();
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
          rig.client.consume(topic, { name, until: 'end' }).pipe(
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
    marbles(function* ({ expectRecording, expectWire }) {
      const rig = tenRecords();
      const store = new SlowStore(50);
      const told = (offset: number) => ({ name: 'CommitOffset', consumerId: consumerId('reader'), offset });
      expectRecording(store).toBe('500ms p 49ms s 19ms q 49ms s', { p: 100, q: 200 });
      expectWire(rig.wire.only('O', 'm', 'X')).toBe('550ms O 19ms m 49ms P 19ms m 359ms X', {
        O: told(100),
        P: told(200),
      });
      const deliveries = deliveriesOf(rig, store, { commitToServer: true, commitCount: 5 });
      yield 500;
      for (const delivery of deliveries.values) delivery.ack();
      yield 500;
      deliveries.unsubscribe();
      yield 500;
    });
  });

  it('the last position too, after the stream was left or has ended', () => {
    marbles(function* ({ expectWire }) {
      const rig = tenRecords();
      // What is acked at 500 and 1500 ms is stored for 50 ms first.
      expectWire(rig.wire.only('C', 'O', 'm', 'X')).toBe('C 549ms O 19ms (mX) 426ms C 549ms O 19ms (mX)');
      const left = deliveriesOf(rig, new SlowStore(50), { commitToServer: true });
      yield 500;
      for (const delivery of left.values) delivery.ack();
      left.unsubscribe();
      yield 500;
      const ended = deliveriesOf(rig, new SlowStore(50), { commitToServer: true, until: 'end' });
      yield 500;
      for (const delivery of ended.values) delivery.ack();
      yield 500;
      expect(ended.ended).toBe('complete');
    });
  });

  it('over the connection that comes while the stream drains', () => {
    marbles(function* ({ watch, expectWire }) {
      const rig = tenRecords();
      const stream = streamOf(rig, new SlowStore(), { commitToServer: true });
      // Drained at 620 ms, while the new connection looks for the topic; all is acked at 720.
      expectWire(rig.wire.only('C', 'x', 'o', 'L', 't', 'O', 'm', 'X')).toBe(
        'C 19ms (oL) 16ms t 469ms x 99ms C 19ms (oL) 16ms t 69ms O 19ms (mX)',
      );
      const deliveries = watch(stream);
      yield 500;
      rig.server.faults.dropConnections();
      yield 120;
      const report = watch(stream.drain());
      yield 100;
      for (const delivery of deliveries.values) delivery.ack();
      yield 100;
      expect(report.ended).toBe('complete');
    });
  });

  it('a server that refuses, or is gone, changes nothing', () => {
    marbles(function* ({ watch, expectRecording, expectWire }) {
      const rig = tenRecords();
      rig.server.faults.failNextCommands(1, 'Invalid commit offset payload', Command.CommitOffset);
      const store = new SlowStore();
      expectRecording(store).toBe('500ms a 99ms b 104ms c 99ms d', { a: 20, b: 40, c: 60, d: 80 });
      expectWire(rig.wire.only('O', 'm', 'e', 'x')).toBe('500ms O 19ms e 79ms O 14ms x 119ms x');
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
