import { BackpressureError, ConnectionError } from '../../src/codecs/lance/errors.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { marbles } from '../../src/testing.js';
import { connected, dataIn } from './producing.js';

describe('Producer.trySend', () => {
  it('is send where there is room', () => {
    marbles(function* ({ expectObservable }) {
      const { producer } = yield* connected();
      expectObservable(producer.trySend('log', 'x')).toBe('85ms 25ms (a|)', { a: 2n });
    });
  });

  it('emits undefined at once where send errors, and nothing is sent', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ bufferBytes: 20 });
      watch(producer.send('log', 'a'));
      const refused = watch(producer.trySend('log', 'x'.repeat(20)));
      expect([refused.values, refused.ended]).toEqual([[undefined], 'complete']);
      expect(watch(producer.send('log', 'x'.repeat(20))).error).toBeInstanceOf(BackpressureError);
      const taken = watch(producer.trySend('log', 'b'));
      yield 100;
      expect([taken.values, taken.ended]).toEqual([[3n], 'complete']);
      expect(dataIn(rig)).toBe('!ab');
    });
  });

  it('is cold, and refuses bad input when it is called', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      const send = producer.trySend('log', 'x');
      yield 50;
      expect(dataIn(rig)).toBe('!');
      watch(send);
      watch(send);
      yield 100;
      expect(dataIn(rig)).toBe('!xx');
      expect(() => producer.trySend('a_b', 'x')).toThrow('a_b');
      expect(() => producer.trySend('log', 5 as unknown as string)).toThrow('TlvRecord');
      watch(producer.close());
      expect(watch(producer.trySend('log', 'x')).error).toBeInstanceOf(ConnectionError);
    });
  });
});

describe('Producer.close', () => {
  it('waits for what is sent, 30 s at most', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ requestTimeoutMs: 100_000 });
      rig.server.faults.swallowNextAcks(1);
      const send = watch(producer.send('log', 'a'));
      const closed = watch(producer.close());
      yield 29_000;
      expect(closed.ended).toBeUndefined();
      yield 2_000;
      expect(closed.endedAtMs).toBe(30_085);
      expect(send.endedAtMs).toBe(30_085);
      yield 1_000;
      expect(rig.wire.open).toBe(0);
    });
  });

  it('goes on when whoever asked has left', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      const send = watch(producer.send('log', 'a'));
      watch(producer.close()).unsubscribe();
      yield 1_100;
      expect(send.ended).toBe('complete');
      expect(rig.wire.open).toBe(0);
    });
  });

  it('leaves no timer behind', () => {
    marbles(function* ({ watch }) {
      const { producer } = yield* connected({ keepaliveIntervalMs: 50 });
      yield 500;
      watch(producer.send('log', 'a'));
      const closed = watch(producer.close({ deadlineMs: 100_000 }));
      yield 50;
      expect(closed.ended).toBe('complete');
      // The run would not end, or end at 100 s.
    });
  });

  it('twice: both are told', () => {
    marbles(function* ({ watch }) {
      const { producer } = yield* connected();
      watch(producer.send('log', 'a'));
      const both = [watch(producer.close()), watch(producer.close({ deadlineMs: 0 }))];
      yield 100;
      expect(both.map(({ ended }) => ended)).toEqual(['complete', 'complete']);
    });
  });

  it('refuses what is no deadline', () => {
    const producer = new Producer();
    expect(() => producer.close({ deadlineMs: -1 })).toThrow('close.deadlineMs');
    expect(() => producer.close({ deadline: 1 } as object)).toThrow('did you mean deadlineMs');
  });
});

it('whoever no longer waits for a flush is not told', () => {
  marbles(function* ({ watch }) {
    const { producer } = yield* connected();
    watch(producer.send('log', 'a'));
    const [one, other] = [watch(producer.flush()), watch(producer.flush())];
    one.unsubscribe();
    yield 100;
    expect([one.values, other.values]).toEqual([[], [undefined]]);
  });
});

describe('Producer.connect', () => {
  it.each([5, 25, 39])('that is left after %i ms, before it is connected, leaves nothing behind', (afterMs) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const seen = watch(Producer.connect('server:1992', { connector: rig.connector() }));
      yield afterMs;
      seen.unsubscribe();
      yield 100;
      expect([seen.values, rig.wire.open]).toEqual([[], 0]);
    });
  });
});
