import { concatMap } from 'rxjs';
import {
  ConnectionError,
  InvalidRecordError,
  LanceTimeoutError,
  ServerCatchingUpError,
  TopicNotFoundError,
} from '../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { StreamInUseError } from '../../src/observables/delivery/errors.js';
import { TruncatedError } from '../../src/observables/lance/consuming/truncated-error.js';
import { marbles, tlv } from '../../src/testing.js';
import { connected, consumerOf, polled, textsOf } from './standalone.js';

describe('StandaloneConsumer: connect', () => {
  it('emits a consumer that stands at the beginning, without fetching', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire).toBe('C 19ms (oL) 16ms t 959ms X');
      const seen = watch(consumerOf(rig));
      yield 1000;
      expect(seen.ended).toBe('complete');
      expect(seen.endedAtMs).toBe(40);
      expect(seen.at(0).position).toBe(0n);
      yield* closed(watch(seen.at(0).close()));
    });
  });

  it('is cold: nothing is sent until it is subscribed to', () => {
    marbles(function* ({ lance }) {
      const rig = lance();
      consumerOf(rig);
      yield 1000;
      expect(rig.wire.connectedAtMs).toEqual([]);
    });
  });

  it("startPosition 'end' is where the data ends when it connects", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const seen = watch(consumerOf(rig, { startPosition: 'end' }));
      yield 100;
      expect(seen.at(0).position).toBe(12n);
      rig.append('log', 'c');
      const poll = watch(seen.at(0).poll());
      yield 100;
      expect(polled(poll)).toEqual([['c']]);
    });
  });

  it('fails early without a server, and without the topic', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const [missing, dead] = [watch(consumerOf(rig)), lance()];
      dead.stop();
      const refused = watch(consumerOf(dead));
      yield 60_000;
      expect(missing.error).toBeInstanceOf(TopicNotFoundError);
      expect(refused.error).toBeInstanceOf(ConnectionError);
      expect(refused.endedAtMs).toBe(20);
      expect(dead.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('who leaves before it is connected leaves nothing behind', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire).toBe('C 19ms (oL) 6ms X');
      const seen = watch(consumerOf(rig));
      yield 30;
      seen.unsubscribe();
      yield 60_000;
    });
  });
});

describe('StandaloneConsumer: poll', () => {
  it('emits what there is, then undefined; each subscription is one fetch', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'bb');
      const consumer = yield* connected(watch(consumerOf(rig)));
      expectWire(rig.wire.only('Fetch', 'FetchResponse')).toBe('100ms F 19ms d 79ms F 19ms f', {
        d: { name: 'FetchResponse', start: 0, next: 13 },
        f: { name: 'FetchResponse', start: 13, bytes: 0 },
      });
      const poll = consumer.poll();
      const first = watch(poll);
      yield 100;
      const second = watch(poll);
      yield 100;
      expect(first.at(0)).toMatchObject({ startOffset: 0n, endOffset: 13n, lag: 0n, endOfStream: true });
      expect(first.at(0)!.data).toEqual(tlv('a', 'bb'));
      expect(polled(first)).toEqual([['a', 'bb']]);
      expect(second.values).toEqual([undefined]);
      expect(second.ended).toBe('complete');
      expect(consumer.position).toBe(13n);
    });
  });

  it('says how far behind the end it is: known after a short answer, asked for after a full one', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c', 'd', 'e');
      const consumer = yield* connected(watch(consumerOf(rig, { maxFetchBytes: 12 })));
      // Two answers are full: each is followed by a look at the end.
      expectWire(rig.wire.only('Fetch')).toBe('100ms F 19ms E 79ms F 19ms E 79ms F', {
        E: { name: 'Fetch', start: 'end' },
      });
      const lags: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        const poll = watch(consumer.poll());
        yield 100;
        lags.push([poll.at(0)!.lag, poll.at(0)!.endOfStream]);
      }
      expect(lags).toEqual([
        [18n, false],
        [6n, false],
        [0n, true],
      ]);
    });
  });

  it.each([1, 3, 5, 6, 7, 13, 30, 1000])('puts records together that fetches of %i bytes cut', (maxFetchBytes) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 0 });
      const texts = ['', 'a', 'b'.repeat(20), 'cc', 'd'.repeat(7), ''];
      const all = tlv(...texts);
      rig.server.append('log', all);
      const consumer = yield* connected(watch(consumerOf(rig, { maxFetchBytes, pollTimeoutMs: 5000 })));
      const got: string[] = [];
      let at = 0n;
      while (at < BigInt(all.length)) {
        const poll = watch(consumer.poll());
        yield 1000;
        const result = poll.at(0)!;
        expect(result.startOffset).toBe(at);
        expect(result.lag).toBe(BigInt(all.length) - result.endOffset);
        got.push(...textsOf(result)!);
        at = result.endOffset;
        expect(consumer.position).toBe(at);
      }
      expect(got).toEqual(texts);
    });
  });

  it('emits undefined while a record is still being written, and all of it later', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 0 });
      const bytes = tlv('half a record');
      rig.server.append('log', bytes.subarray(0, 7));
      const consumer = yield* connected(watch(consumerOf(rig)));
      const early = watch(consumer.poll());
      yield 100;
      expect(early.values).toEqual([undefined]);
      expect(consumer.position).toBe(0n);
      rig.server.append('log', bytes.subarray(7));
      const later = watch(consumer.poll());
      yield 100;
      expect(polled(later)).toEqual([['half a record']]);
    });
  });

  it('that is not answered in time errors, and the next one takes the answer: nothing is lost or out of step', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      expectWire(rig.wire.only('Fetch')).toBe('100ms F 799ms F');
      rig.server.faults.delayNextReplies(1, 400);
      const [first, second, third, fourth] = [0, 0, 0, 0].map(() => consumer.poll());
      const late = watch(first!);
      yield 200;
      expect(late.error).toBeInstanceOf(LanceTimeoutError);
      expect(late.error).toMatchObject({ retryable: true, context: { timeoutMs: 100, position: 0n } });
      expect(late.endedAtMs).toBe(200);
      const again = watch(second!);
      yield 300;
      expect(again.error).toBeInstanceOf(LanceTimeoutError);
      const answered = watch(third!);
      yield 300;
      // It had come in the meantime.
      expect(polled(answered)).toEqual([['a']]);
      expect(answered.endedAtMs).toBe(600);
      rig.append('log', 'b');
      const next = watch(fourth!);
      yield 100;
      expect(polled(next)).toEqual([['b']]);
    });
  });

  it('may wait longer, or not at all', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      rig.server.faults.delayNextReplies(1, 400);
      const never = watch(consumer.poll({ timeoutMs: 0 }));
      yield 50;
      expect(never.error).toBeInstanceOf(LanceTimeoutError);
      const patient = watch(consumer.poll({ timeoutMs: 5000 }));
      yield 1000;
      expect(polled(patient)).toEqual([['a']]);
      expect(() => consumer.poll({ timeoutMs: -1 })).toThrow(InvalidOptionError);
    });
  });

  it('one at a time; and from inside the answer of another', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const consumer = yield* connected(watch(consumerOf(rig, { maxFetchBytes: 6 })));
      const [first, second] = [watch(consumer.poll().pipe(concatMap(() => consumer.poll()))), watch(consumer.poll())];
      yield 200;
      expect(second.error).toBeInstanceOf(StreamInUseError);
      expect(polled(first)).toEqual([['b']]);
    });
  });

  it('who leaves a poll leaves what it brings to the next', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig)));
      expectWire(rig.wire.only('Fetch')).toBe('100ms F');
      const left = watch(consumer.poll());
      yield 5;
      left.unsubscribe();
      yield 100;
      expect(consumer.position).toBe(0n);
      const next = watch(consumer.poll());
      yield 100;
      expect(polled(next)).toEqual([['a']]);
    });
  });

  it('damage errors with its position, after what is before it, however often it is asked', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 0 });
      rig.append('log', 'a', 'b');
      rig.server.append('log', new Uint8Array([1, 255, 255, 255, 255, 1, 2, 3]));
      const consumer = yield* connected(watch(consumerOf(rig)));
      const before = watch(consumer.poll());
      yield 100;
      expect(polled(before)).toEqual([['a', 'b']]);
      expect(before.at(0)).toMatchObject({ endOffset: 12n, lag: 8n, endOfStream: false });
      for (let i = 0; i < 2; i++) {
        const poll = watch(consumer.poll());
        yield 100;
        expect(poll.error).toBeInstanceOf(InvalidRecordError);
        expect(poll.error).toMatchObject({ context: { position: 12 } });
      }
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });
});

describe('StandaloneConsumer: a position that is no boundary of records', () => {
  it('is an error of its own, and nothing is made up of what is there', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'x'.repeat(200), 'b');
      const consumer = yield* connected(watch(consumerOf(rig, { startPosition: 20n })));
      for (let i = 0; i < 2; i++) {
        const poll = watch(consumer.poll());
        yield 100;
        expect(poll.error).toBeInstanceOf(TruncatedError);
        expect(poll.error).toMatchObject({ position: 20n, retryable: false });
      }
      watch(consumer.seek(6n));
      const poll = watch(consumer.poll());
      yield 100;
      expect(polled(poll)).toEqual([['x'.repeat(200), 'b']]);
    });
  });
});

describe('StandaloneConsumer: the server has less than was asked for', () => {
  it('polls emit undefined, the server is asked every 5 s, and the third answer without progress errors', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig, { startPosition: 1000n })));
      expectWire(rig.wire.only('Fetch', 'CatchingUp')).toBe('100ms F 19ms c 4999ms F 19ms c 4999ms F 19ms c');
      let error: unknown;
      let empty = 0;
      while (error === undefined) {
        const poll = watch(consumer.poll());
        yield 200;
        ({ error } = poll);
        if (error === undefined) expect(poll.values).toEqual([undefined]);
        empty++;
      }
      expect(error).toBeInstanceOf(ServerCatchingUpError);
      expect(error).toMatchObject({ serverOffset: 6n, retryable: true, context: { requestedOffset: 1000 } });
      expect(empty).toBeGreaterThan(40);
    });
  });

  it('the record that was cut before is not completed with what comes to be there', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const [first, cut, whole] = ['a', 'b', 'c'].map((letter) => letter.repeat(95));
      rig.append('log', first!);
      rig.server.append('log', tlv(cut!).subarray(0, 50));
      const consumer = yield* connected(watch(consumerOf(rig)));
      const before = watch(consumer.poll());
      yield 200;
      rig.server.faults.trimTopic('log', 100);
      watch(consumer.poll());
      yield 200;
      rig.server.append('log', tlv(cut!).subarray(50));
      rig.append('log', whole!);
      yield 5_000;
      const after = watch(consumer.poll());
      yield 200;
      expect([polled(before), polled(after)]).toEqual([[[first]], [[whole]]]);
    });
  });

  it('patience begins anew where something else is asked for', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig, { startPosition: 1000n })));
      const first = watch(consumer.poll({ timeoutMs: 9_000 }));
      yield 9_100;
      expect(first.values).toEqual([undefined]);
      watch(consumer.seek(2000));
      const second = watch(consumer.poll({ timeoutMs: 9_000 }));
      yield 9_100;
      expect(second.values).toEqual([undefined]);
      const third = watch(consumer.poll({ timeoutMs: 9_000 }));
      yield 9_100;
      expect(third.error).toBeInstanceOf(ServerCatchingUpError);
    });
  });

  it('seeking ends it', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const consumer = yield* connected(watch(consumerOf(rig, { startPosition: 1000n })));
      watch(consumer.poll());
      yield 200;
      watch(consumer.rewind());
      const poll = watch(consumer.poll());
      yield 100;
      expect(polled(poll)).toEqual([['a']]);
    });
  });
});

function* closed(seen: { readonly ended: unknown }): Generator<number, void> {
  yield 100;
  expect(seen.ended).toBe('complete');
}
