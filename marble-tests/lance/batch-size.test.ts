import { raw } from '../../src/codecs/payload/raw.js';
import type { SinkOptions, SinkReceipt } from '../../src/observables/lance/producing/sink.js';
import { marbles, Watch } from '../../src/testing.js';
import { lanceRig, type LanceRig, type LanceRigOptions } from '../../src/testing/lance/lance-rig.js';

const KIB = 1 << 10;
const VALUE = new Uint8Array(16 * KIB - 5);

/** Gives 16 KiB records, headers included, as long as it is asked. */
class Endless implements Iterable<Uint8Array> {
  taken = 0;

  *[Symbol.iterator](): Generator<Uint8Array> {
    for (;;) {
      this.taken++;
      yield VALUE;
    }
  }
}

class Scene {
  readonly rig: LanceRig;
  readonly source = new Endless();
  readonly seen: Watch<SinkReceipt>;

  constructor(server: LanceRigOptions, options: SinkOptions<Uint8Array> = {}) {
    this.rig = lanceRig(server);
    this.rig.server.createTopic('log');
    this.seen = new Watch(this.rig.client.sink<Uint8Array>('log', { codec: raw(), ...options })(this.source));
  }

  /** KiB in each of the batches acknowledged so far. */
  get kib(): number[] {
    return this.seen.values.map(({ bytes }) => bytes / KIB);
  }

  *acked(batches: number): Generator<number> {
    while (this.seen.values.length < batches && this.seen.ended === undefined) yield 1;
  }

  leave(): void {
    this.seen.unsubscribe();
  }
}

/** Acknowledges in no time, or takes 5 ms. */
const FAST: LanceRigOptions = { latencyMs: 1, ackDelayMs: 0 };
const SLOW: LanceRigOptions = { latencyMs: 0, ackDelayMs: 5 };

const SMALL = 512;
const LARGE = 4160;
const times = (count: number, kib: number): number[] => Array.from({ length: count }, () => kib);

describe('how large self-clocked batches become', () => {
  it('512 KiB as long as a server is fast, three of them at a time', () => {
    marbles(function* () {
      const scene = new Scene(FAST);
      expect(scene.source.taken).toBe((3 * SMALL) / 16);
      yield* scene.acked(20);
      scene.leave();
      expect(scene.kib).toEqual(times(20, SMALL));
    });
  });

  it('4 MiB and a bit once eight in a row took it long, those that had begun aside', () => {
    marbles(function* () {
      const scene = new Scene(SLOW);
      yield* scene.acked(16);
      expect(scene.kib).toEqual([...times(10, SMALL), ...times(6, LARGE)]);
      yield 1;
      scene.leave();
      const acked = scene.kib.reduce((sum, kib) => sum + kib, 0);
      expect(scene.source.taken - acked / 16).toBe((3 * LARGE) / 16);
    });
  });

  it('512 KiB again over the next connection, which may be to another server', () => {
    marbles(function* () {
      const scene = new Scene(SLOW);
      yield* scene.acked(16);
      expect(scene.kib.at(-1)).toBe(LARGE);
      scene.rig.server.faults.dropConnections();
      yield* scene.acked(16 + 3 + 20);
      scene.leave();
      // What was in flight is sent again as it was, and so is what waited behind it. Then eight took long again: these three,
      // and five of those that begin now.
      expect(scene.kib.slice(16)).toEqual([...times(3, LARGE), ...times(7, SMALL), ...times(13, LARGE)]);
    });
  });

  it('a moment in which it is slow changes nothing', () => {
    marbles(function* () {
      const scene = new Scene(FAST);
      for (let i = 0; i < 5; i++) {
        scene.rig.server.faults.delayNextAcks(1, 20);
        yield* scene.acked(8 * (i + 1));
      }
      scene.leave();
      expect(scene.kib).toEqual(times(40, SMALL));
    });
  });

  it('over a line that takes a second for them they stay small', () => {
    marbles(function* () {
      const scene = new Scene({ latencyMs: 500, ackDelayMs: 5 });
      yield* scene.acked(20);
      scene.leave();
      expect(new Set(scene.kib)).toEqual(new Set([SMALL]));
    });
  });

  it('nor where larger ones would take as long as a record has', () => {
    marbles(function* () {
      const scene = new Scene({ latencyMs: 0, ackDelayMs: 100 }, { deliveryTimeoutMs: 1_000 });
      yield* scene.acked(20);
      scene.leave();
      expect(new Set(scene.kib)).toEqual(new Set([SMALL]));
    });
  });

  it('records that are larger than all that go alone, and two of them are still in flight at a time', () => {
    marbles(function* () {
      const rig = lanceRig({ latencyMs: 100, ackDelayMs: 0 });
      rig.server.createTopic('log');
      const records = Array.from({ length: 6 }, () => new Uint8Array((2 << 20) - 5));
      const seen = new Watch(rig.client.sink<Uint8Array>('log', { codec: raw() })(records));
      let inFlight = 0;
      while (seen.values.length === 0) {
        inFlight = rig.wire.ingests.length;
        yield 1;
      }
      expect(inFlight).toBe(2);
      yield 1_000;
      expect([seen.values.length, seen.ended]).toEqual([6, 'complete']);
    });
  });

  it('batches that were not half full say nothing about it', () => {
    marbles(function* () {
      const rig = lanceRig(SLOW);
      rig.server.createTopic('log');
      const producer = rig.producer();
      for (let i = 0; i < 20; i++) {
        new Watch(producer.send('log', VALUE));
        yield 6;
      }
      rig.wire.clear();
      for (let i = 0; i < 96; i++) new Watch(producer.send('log', VALUE));
      yield 100;
      // The first one leaves alone.
      expect(rig.wire.ingests.map(({ header }) => header.recordCount)).toEqual([1, 32, 32, 31]);
    });
  });

  it.each<[string, number, SinkOptions<Uint8Array>]>([
    ['a size that was given', 1024, { batchSize: 1 << 20 }],
    ['32 KiB when lingering', 32, { batching: 'linger' }],
  ])('%s stays', (_, kib, options) => {
    marbles(function* () {
      const scene = new Scene(SLOW, options);
      yield* scene.acked(12);
      scene.leave();
      expect(new Set(scene.kib)).toEqual(new Set([kib]));
    });
  });
});
