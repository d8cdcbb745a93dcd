import { concat, NEVER, of, throwError } from 'rxjs';
import { consumerId } from '../../src/codecs/lance/consumer-id.js';
import { ConnectionError, LanceTimeoutError } from '../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { SeekPosition } from '../../src/observables/lance/standalone/seek-position.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
import { marbles } from '../../src/testing.js';
import { connected, consumerOf, polled } from './standalone.js';

const KEY = { consumer: 'reader', topicId: 1, topicName: 'log' };

/** Also says what was saved. */
class NotingStore extends MemoryOffsetStore {
  readonly saved: bigint[] = [];

  override save(...[key, offset]: Parameters<MemoryOffsetStore['save']>): ReturnType<MemoryOffsetStore['save']> {
    this.saved.push(offset);
    return super.save(key, offset);
  }
}

describe('StandaloneConsumer: seek', () => {
  it('seek, seekTo and rewind emit the position, act when subscribed, and are in step with polls', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const consumer = yield* connected(watch(consumerOf(rig)));
      const seek = consumer.seek(6n);
      expect(consumer.position).toBe(0n);
      const positions = watch(
        concat(
          seek,
          consumer.seek(12),
          consumer.rewind(),
          consumer.seekTo(SeekPosition.END),
          consumer.seekTo(SeekPosition.BEGINNING),
          consumer.seekTo(SeekPosition.offset(6)),
        ),
      );
      yield 100;
      expect(positions.values).toEqual([6n, 12n, 0n, 18n, 0n, 6n]);
      const polls = watch(concat(consumer.poll(), consumer.rewind(), consumer.poll()));
      yield 100;
      expect(polls.values.map((value) => (typeof value === 'bigint' ? value : value?.startOffset))).toEqual([
        6n,
        0n,
        0n,
      ]);
    });
  });

  it('only data after the end that seekTo has found is polled', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      watch(consumer.seekTo('end'));
      yield 50;
      rig.append('log', 'b');
      const poll = watch(consumer.poll());
      yield 50;
      expect(polled(poll)).toEqual([['b']]);
    });
  });

  it('drops what a poll has left behind, and what is under way', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const consumer = yield* connected(watch(consumerOf(rig)));
      rig.server.faults.delayNextReplies(1, 500);
      const late = watch(consumer.poll());
      yield 200;
      expect(late.error).toBeInstanceOf(LanceTimeoutError);
      watch(consumer.seek(6n));
      const poll = watch(consumer.poll({ timeoutMs: 1000 }));
      yield 1000;
      expect(polled(poll)).toEqual([['b']]);
      expect(poll.at(0)).toMatchObject({ startOffset: 6n, endOffset: 12n });
      const waiting = watch(consumer.rewind());
      const again = watch(consumer.poll());
      watch(consumer.seek(6n));
      yield 100;
      expect(waiting.values).toEqual([0n]);
      expect(polled(again)).toEqual([['b']]);
    });
  });

  it('to the end errors if the server can’t be asked in time, and moves nothing', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig, { requestTimeoutMs: 2_000 })));
      rig.stop();
      yield 100;
      const seek = watch(consumer.seekTo('end'));
      yield 10_000;
      expect(seek.error).toBeInstanceOf(LanceTimeoutError);
      expect(seek.endedAtMs).toBe(2_200);
      expect(consumer.position).toBe(0n);
      watch(consumer.close());
    });
  });

  it('refuses what is no position before anything is sent', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      for (const offset of [-1n, -1, 1.5, 2n ** 53n, Number.NaN]) {
        expect(() => consumer.seek(offset)).toThrow(InvalidOptionError);
        expect(() => SeekPosition.offset(offset)).toThrow(InvalidOptionError);
      }
      for (const position of ['middle', 5.5, undefined]) {
        expect(() => consumer.seekTo(position as never)).toThrow(InvalidOptionError);
      }
    });
  });
});

describe('StandaloneConsumer: commit', () => {
  it('stores the position, then tells the server, and emits it', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new NotingStore();
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore })));
      watch(consumer.poll());
      yield 50;
      expectWire(rig.wire.only('CommitOffset', 'CommitAck')).toBe('150ms O 19ms m', {
        O: { name: 'CommitOffset', consumerId: consumerId('reader'), offset: 6 },
      });
      const commit = watch(consumer.commit());
      yield 50;
      expect(commit.values).toEqual([6n]);
      expect(commit.endedAtMs).toBe(170);
      expect(offsetStore.saved).toEqual([6n]);
    });
  });

  it('a stored position wins over startPosition; what others store for the end is the end', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      for (const [stored, position] of [
        [6n, 6n],
        [2n ** 64n - 1n, 12n],
        [2n ** 63n - 1n, 12n],
      ] as const) {
        const offsetStore = new MemoryOffsetStore();
        watch(offsetStore.save(KEY, stored));
        const consumer = yield* connected(watch(consumerOf(rig, { offsetStore, startPosition: 0n })));
        expect(consumer.position).toBe(position);
      }
    });
  });

  it('a position that was stored for an earlier topic is an error', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const offsetStore = new MemoryOffsetStore();
      watch(offsetStore.save({ ...KEY, createdAt: 77n }, 6n));
      const seen = watch(consumerOf(rig, { offsetStore }));
      yield 100;
      expect(seen.error).toBeInstanceOf(StalePositionError);
    });
  });

  it('a store that fails is an error, and the server is told nothing', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const broken = {
        load: () => of(undefined),
        save: () => throwError(() => new Error('full')),
        delete: () => of(0),
      };
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore: broken, autoCommitIntervalMs: 0 })));
      watch(consumer.poll());
      yield 50;
      const commit = watch(consumer.commit());
      yield 50;
      expect(commit.error).toEqual(new Error('full'));
      expect(rig.wire.commands(0x22)).toEqual([]);
    });
  });
});

describe('StandaloneConsumer: auto-commit', () => {
  it('a poll stores what the polls before have returned, once the interval is over', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const offsetStore = new NotingStore();
      const options = { offsetStore, maxFetchBytes: 6, autoCommitIntervalMs: 1000 };
      const consumer = yield* connected(watch(consumerOf(rig, options)));
      watch(consumer.poll());
      yield 300;
      watch(consumer.poll());
      yield 300;
      expect(offsetStore.saved).toEqual([]);
      yield 400;
      const third = watch(consumer.poll());
      yield 300;
      expect(offsetStore.saved).toEqual([12n]);
      expect(polled(third)).toEqual([['c']]);
      // Nothing more until the interval is over again, and nothing while nobody polls.
      watch(consumer.poll());
      yield 5000;
      expect(offsetStore.saved).toEqual([12n]);
      watch(consumer.poll());
      yield 100;
      watch(consumer.poll());
      yield 5000;
      watch(consumer.poll());
      yield 100;
      expect(offsetStore.saved).toEqual([12n, 18n]);
    });
  });

  it('close stores what was returned, then ends the connection', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new NotingStore();
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore })));
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms t 59ms F 19ms f 29ms O 19ms (mX)');
      watch(consumer.poll());
      yield 50;
      const close = watch(consumer.close());
      yield 50;
      expect(close.ended).toBe('complete');
      expect(offsetStore.saved).toEqual([6n]);
      const again = watch(concat(consumer.close()));
      const after = watch(consumer.poll());
      yield 50;
      expect(again.ended).toBe('complete');
      expect(after.error).toBeInstanceOf(ConnectionError);
      expect(after.error).toMatchObject({ retryable: false });
    });
  });

  it('close fails a poll that is under way, whose answer is stored nowhere', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new NotingStore();
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore })));
      watch(consumer.poll());
      yield 100;
      rig.append('log', 'b');
      const late = watch(consumer.poll());
      const close = watch(consumer.close());
      yield 100;
      expect([late.values, close.ended]).toEqual([[], 'complete']);
      expect(late.error).toBeInstanceOf(ConnectionError);
      expect(offsetStore.saved).toEqual([6n]);
      expect(consumer.position).toBe(6n);
    });
  });

  it('0 stores nothing by itself', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new NotingStore();
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore, autoCommitIntervalMs: 0 })));
      watch(consumer.poll());
      yield 10_000;
      watch(concat(consumer.poll(), consumer.close()));
      yield 100;
      expect(offsetStore.saved).toEqual([]);
    });
  });

  it('what a poll has brought that nobody took is not stored', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new NotingStore();
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore })));
      const left = watch(consumer.poll());
      yield 5;
      left.unsubscribe();
      yield 100;
      watch(consumer.close());
      yield 100;
      expect(offsetStore.saved).toEqual([]);
    });
  });

  it('a store that never answers ends with the poll, not with the consumer', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const stuck = { load: () => of(undefined), save: () => NEVER, delete: () => of(0) };
      const options = { offsetStore: stuck, maxFetchBytes: 6, autoCommitIntervalMs: 10 };
      const consumer = yield* connected(watch(consumerOf(rig, options)));
      watch(consumer.poll());
      yield 100;
      const poll = watch(consumer.poll());
      yield 200;
      expect(poll.error).toBeInstanceOf(LanceTimeoutError);
    });
  });
});
