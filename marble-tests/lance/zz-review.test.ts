import { timer, of, throwError, map } from 'rxjs';
import { InvalidRecordError, LanceTimeoutError, ServerCatchingUpError } from '../../src/codecs/lance/errors.js';
import { lancePeer, marbles, Watch } from '../../src/testing.js';

import { Producer } from '../../src/observables/lance/producing/producer.js';
import { lanceRig } from '../../src/testing/lance/lance-rig.js';
import { SlowStore } from './slow-store.js';
import { connected, consumerOf, polled } from './standalone.js';
import { storedIn } from './producing.js';

describe('A', () => {
  it('slow store', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const offsetStore = new SlowStore(150);
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore, maxFetchBytes: 6, autoCommitIntervalMs: 1000 })));
      watch(consumer.poll());
      yield 1000;
      const fates: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        const poll = watch(consumer.poll());
        yield 110;
        fates.push(poll.error instanceof LanceTimeoutError ? 'late' : polled(poll)[0]?.join());
      }
      expect(fates).toContain('b');
      expect(fates).toContain('c');
      expect(offsetStore.mostRunning).toBe(1);
    });
  });
});

describe('B', () => {
  it('damage', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 60 });
      rig.append('log', 'a');
      rig.server.append('log', new Uint8Array([1, 255, 255, 255, 255, 1, 2, 3]));
      const seen = watch(consumerOf(rig));
      yield 1000;
      const consumer = seen.at(0);
      const fates: unknown[] = [];
      for (let i = 0; i < 8; i++) {
        const poll = watch(consumer.poll());
        yield 200;
        fates.push(poll.error instanceof LanceTimeoutError ? 'late' : poll.error instanceof InvalidRecordError ? 'damage' : polled(poll)[0]?.join());
      }
      expect(fates).toContain('damage');
    });
  });
  it('behind', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 60 });
      rig.append('log', 'a');
      const seen = watch(consumerOf(rig, { startPosition: 1000n }));
      yield 1000;
      const consumer = seen.at(0);
      let caught = 0;
      for (let i = 0; i < 200; i++) {
        const poll = watch(consumer.poll());
        yield 200;
        if (poll.error instanceof ServerCatchingUpError) caught++;
      }
      expect(caught).toBeGreaterThan(0);
    });
  });
});

describe('C', () => {
  it('close during the autocommit of a poll', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      let saves = 0;
      const offsetStore = {
        load: () => of(undefined),
        save: () => (++saves === 1 ? timer(50) : throwError(() => new Error('full'))),
        delete: () => of(0),
      };
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore, maxFetchBytes: 6, autoCommitIntervalMs: 100 })));
      watch(consumer.poll());
      yield 200;
      const poll = watch(consumer.poll());
      yield 10;
      const closed = watch(consumer.close());
      yield 5000;
      expect(closed.ended).toBe('error');
      expect(poll.ended).toBe('error');
      expect(rig.wire.open).toBe(0);
    });
  });
});

describe('D', () => {
  it('an async iterable that rejects its pending answer when told to stop', () => {
    marbles(function* ({ watch }) {
      const rig = lanceRig({ ackDelayMs: 5 });
      rig.server.createTopic('log');
      let fail: ((error: unknown) => void) | undefined;
      let n = 0;
      const source = {
        next: () => n++ === 0 ? ({ then: (then: (step: unknown) => void) => then({ value: 'a' }) }) : ({ then: (_: unknown, rejected: never) => { fail = rejected; } }),
        return: () => { fail?.(new Error('aborted')); },
      };
      const receipts = new Watch(rig.client.sink<string>('log')({ [Symbol.asyncIterator]: () => source } as never));
      yield 5;
      const closed = watch(rig.client.close());
      yield 1000;
      expect(closed.ended).toBe('complete');
      expect(storedIn(rig)).toEqual(['a']);
      expect((receipts.error as Error).message).toContain('before the source had ended');
    });
  });
});

describe('E', () => {
  it('an iterator that throws when told to stop', () => {
    marbles(function* ({ watch }) {
      const rig = lanceRig({ ackDelayMs: 5 });
      rig.server.createTopic('log');
      function* endless(): Generator<string> {
        try { for (;;) yield 'x'.repeat(95); } finally { throw new Error('will not'); }
      }
      const receipts = [0, 1].map(() => new Watch(rig.client.sink<string>('log', { batchSize: 1000, maxPendingAcks: 1 })(endless())));
      yield 300;
      const closed = watch(rig.client.close());
      yield 2000;
      expect([closed.ended, ...receipts.map(({ ended }) => ended)]).toEqual(['complete', 'error', 'error']);
      expect((receipts[0]!.error as Error).message).toBe('will not');
      expect(rig.wire.open).toBe(0);
    });
  });
  it('client closed by the source itself', () => {
    marbles(function* ({ watch }) {
      const rig = lanceRig({ ackDelayMs: 5 });
      rig.server.createTopic('log');
      let closed: Watch<unknown> | undefined;
      function* source(): Generator<string> {
        yield 'a';
        closed = watch(rig.client.close());
        yield 'b';
        yield 'c';
      }
      const receipts = new Watch(rig.client.sink<string>('log')(source()));
      yield 2000;
      expect([closed?.ended, receipts.ended]).toEqual(['complete', 'error']);
      expect(storedIn(rig)[0]).toEqual('a');
      expect(rig.wire.open).toBe(0);
    });
  });
});

describe('F', () => {
  it.each([5, 25, 39])('Producer.connect left after %i ms leaves nothing', (afterMs) => {
    marbles(function* ({ watch }) {
      const rig = lanceRig({});
      const seen = watch(Producer.connect('server:1992', { connector: rig.connector() }));
      yield afterMs;
      seen.unsubscribe();
      yield 60_000;
      expect(rig.wire.open).toBe(0);
      expect(rig.server.counters).toMatchObject({});
    });
  });
});

describe('G', () => {
  it('expired batches that the server has are still unacknowledged', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(() => {});
      const producer = peer.producer({ deliveryTimeoutMs: 100, bufferBytes: 1000, maxPendingAcks: 2, lingerMs: 0, batchSize: 100 });
      for (let i = 0; i < 100; i++) {
        watch(producer.trySend(1, 'x'.repeat(90)));
        yield 20;
      }
      expect(peer.heard.filter(({ name }) => name === 'Ingest').length).toBeLessThanOrEqual(12);
      watch(producer.close({ deadlineMs: 0 }));
    });
  });
});
