import { finalize, NEVER, of, takeUntil, throwError, timer, type Observable } from 'rxjs';
import { InvalidRecordError, LanceTimeoutError, ServerCatchingUpError } from '../../src/codecs/lance/errors.js';
import { marbles } from '../../src/testing.js';
import { SlowStore } from './slow-store.js';
import { connected, consumerOf, polled } from './standalone.js';

describe('StandaloneConsumer: what takes longer than a poll waits', () => {
  it('a store: the poll that begins to store is late, the next ones go on, and it is stored once', () => {
    marbles(function* ({ expectRecording, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c');
      const offsetStore = new SlowStore(150);
      const options = { offsetStore, maxFetchBytes: 6, autoCommitIntervalMs: 1000 };
      const consumer = yield* connected(watch(consumerOf(rig, options)));
      expectRecording(offsetStore).toBe('1100ms n 149ms s 849ms m 149ms s', { n: 6, m: 18 });
      watch(consumer.poll());
      yield 1000;
      const polls = [];
      for (let i = 0; i < 3; i++) {
        polls.push(watch(consumer.poll()));
        yield 110;
      }
      expect(polls[0]!.error).toBeInstanceOf(LanceTimeoutError);
      expect(polls.slice(1).map(polled)).toEqual([[['b']], [['c']]]);
      yield 670;
      watch(consumer.close());
    });
  });

  it('damage: the next poll is told', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 60 });
      rig.append('log', 'a');
      rig.server.append('log', new Uint8Array([1, 255, 255, 255, 255, 1, 2, 3]));
      const seen = watch(consumerOf(rig));
      yield 1000;
      const errors: unknown[] = [];
      for (let i = 0; i < 4; i++) {
        const poll = watch(seen.at(0).poll());
        yield 200;
        errors.push(poll.ended === 'complete' ? polled(poll) : poll.error);
      }
      const late = expect.any(LanceTimeoutError) as unknown;
      expect(errors).toEqual([late, [['a']], late, expect.any(InvalidRecordError)]);
    });
  });

  it('a server that has less than was asked for: after the third answer the next poll is told', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 60 });
      rig.append('log', 'a');
      const seen = watch(consumerOf(rig, { startPosition: 1000n }));
      yield 1000;
      let error: unknown;
      while (!(error instanceof ServerCatchingUpError)) {
        const poll = watch(seen.at(0).poll());
        yield 200;
        ({ error } = poll);
        expect(rig.wire.commands(0x10).length).toBeLessThanOrEqual(3);
      }
    });
  });

  it('an error that nobody has been told of yet is dropped by a seek', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 60 });
      rig.server.append('log', new Uint8Array([1, 255, 255, 255, 255, 1, 2, 3]));
      const end = rig.append('log', 'a');
      const seen = watch(consumerOf(rig));
      yield 1000;
      const late = watch(seen.at(0).poll());
      yield 200;
      expect(late.error).toBeInstanceOf(LanceTimeoutError);
      watch(seen.at(0).seek(end - 6));
      const poll = watch(seen.at(0).poll({ timeoutMs: 1000 }));
      yield 200;
      expect(polled(poll)).toEqual([['a']]);
    });
  });

  it('close while a poll is storing fails it at once, and leaves no connection behind', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      let saves = 0;
      const offsetStore = {
        load: () => of(undefined),
        save: () => (++saves === 1 ? timer(50) : throwError(() => new Error('full'))),
        delete: () => of(0),
      };
      const options = { offsetStore, maxFetchBytes: 6, autoCommitIntervalMs: 100 };
      const consumer = yield* connected(watch(consumerOf(rig, options)));
      watch(consumer.poll());
      yield 200;
      const poll = watch(consumer.poll());
      yield 10;
      const closed = watch(consumer.close());
      expect(closed.error).toEqual(new Error('full'));
      expect(poll.error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      yield 5000;
      expect(rig.wire.open).toBe(0);
    });
  });

  it.each([
    ['failed', throwError(() => new Error('full'))],
    ['was left', NEVER],
  ])('close after one that %s is done when the position is stored', (_how, first) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const saved: bigint[] = [];
      const saves: Observable<unknown>[] = [first];
      const offsetStore = {
        load: () => of(undefined),
        save: (_key: unknown, offset: bigint) => saves.shift() ?? timer(50).pipe(finalize(() => saved.push(offset))),
        delete: () => of(0),
      };
      const consumer = yield* connected(watch(consumerOf(rig, { offsetStore })));
      watch(consumer.poll());
      yield 100;
      const left = watch(consumer.close().pipe(takeUntil(timer(10))));
      yield 20;
      expect(left.ended).toBe(first === NEVER ? 'complete' : 'error');
      const closed = watch(consumer.close());
      yield 40;
      expect([closed.ended, saved]).toEqual([undefined, []]);
      yield 40;
      expect([closed.ended, saved]).toEqual(['complete', [6n]]);
      expect(rig.wire.open).toBe(0);
    });
  });
});
