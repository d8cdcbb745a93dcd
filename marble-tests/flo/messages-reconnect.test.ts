import { clock } from '../../src/foundation/clock.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { marbles } from '../../src/testing.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import type { Connector } from '../../src/transports/channel.js';
import { messages, queueOf, valuesOf } from './queue-q.js';

const { objectContaining } = expect;

describe('queue.messages: a broken connection', () => {
  it('is opened again after pauses that grow, and the stream says so', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      // Broken at 110; being refused takes a round trip of 20 ms; the pauses are 100, 200, 400, 800, 1600 ms.
      expectWire(rig.wire.only('C', 'o', 'x')).toBe(
        'C 19ms o 89ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms x 1599ms C 19ms o',
      );
      const seen = watch(stream);
      const status = watch(stream.status$);
      yield 100;
      rig.stop();
      yield 2_000;
      rig.enqueue('q', 'b');
      rig.start();
      yield 2_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      expect(status.values.map(({ state, reasons }) => [state, ...reasons])).toEqual([
        ['delivering'],
        ['paused', 'reconnecting'],
        ['delivering'],
      ]);
      expect(status.values[1]?.detail).toContain('ECONNRESET');
      seen.unsubscribe();
    });
  });

  it('what was delivered stays valid: it is settled later, and not delivered again', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig);
      expectWire(rig.wire.only('C', 'x', 'A', 'a', 'N', 'n', 'X')).toBe(
        'C 109ms x 99ms C 19ms (AN) 16ms (an) 1996ms X',
      );
      expectFate(stream).toBe('250ms (ad)');
      const seen = watch(stream);
      yield 100;
      rig.server.faults.dropConnections();
      yield 50;
      expect(seen.at(0).ack()).toBe('settled');
      expect(seen.at(1).dead()).toBe('settled');
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 1 });
      seen.unsubscribe();
    });
  });

  it.each(['queue.ack', 'queue.nack'] as const)(
    'an ack or dead letter whose answer was lost (%s) is sent again',
    (lost) => {
      marbles(function* ({ expectFate, expectWire, flo, watch }) {
        const rig = flo();
        rig.enqueue('q', 'a', 'b');
        const stream = messages(rig);
        expectWire(rig.wire.only('C', 'x', 'A', 'a', 'N', 'n')).toBe('C 99ms (AN) 16ms x 99ms C 19ms (AN) 16ms (an)');
        expectFate(stream).toBe('260ms (ad)');
        const seen = watch(stream);
        yield 100;
        rig.server.faults.dropBeforeNextAnswers(1, lost);
        seen.at(0).ack();
        seen.at(1).dead();
        yield 1_000;
        expect(stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 1, abandoned: 0, late: 0 });
        expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 1 });
        seen.unsubscribe();
      });
    },
  );

  it('a nack whose answer was lost is not repeated: the message may be leased again by now', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000 });
      expectWire(rig.wire.only('C', 'x', 'N', 'd')).toBe('C 39ms d 59ms N 19ms x 99ms C 899ms d 2039ms N');
      expectFate(stream).toBe('120ms n 2479ms x');
      const seen = watch(stream);
      yield 100;
      rig.server.faults.dropBeforeNextAnswers(1, 'queue.nack');
      seen.at(0).nack();
      // The poll that was parked on the broken connection may have it: then it comes when that lease is over.
      yield 2_500;
      expect(valuesOf(seen.values)).toEqual(['a', 'a']);
      seen.unsubscribe();
    });
  });

  it('an ack that can not be told while the lease holds is lost, not told of a later lease', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000 });
      expectWire(rig.wire.only('C', 'x', 'A', 'd')).toBe(
        'C 39ms d 59ms A 9ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms x 1599ms C 39ms d',
      );
      expectFate(stream).toBe('1020ms x 4079ms y', {
        x: { fate: 'abandoned', reason: 'lease' },
        y: { fate: 'abandoned', reason: 'unsubscribe', attempt: 2 },
      });
      const seen = watch(stream);
      yield 100;
      rig.stop();
      seen.at(0).ack();
      yield 2_000;
      rig.start();
      yield 3_000;
      expect(seen.values.map(({ value, attempt }) => [value, attempt])).toEqual([
        ['a', 1],
        ['a', 2],
      ]);
      seen.unsubscribe();
    });
  });

  it('nor one whose delivery became too old meanwhile', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 10_000, maxLeaseMs: 1_000 });
      expectWire(rig.wire.only('C', 'x', 'o', 'A')).toBe(
        'C 19ms o 89ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms x 1599ms C 19ms o',
      );
      expectFate(stream).toBe('1020ms x', { x: { fate: 'abandoned', reason: 'lease' } });
      const seen = watch(stream);
      yield 100;
      rig.stop();
      yield 20;
      seen.at(0).ack();
      yield 2_000;
      rig.start();
      yield 2_000;
      seen.unsubscribe();
    });
  });

  it('a lease that could not be renewed for a while is renewed after it', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 4_000 });
      expectWire(rig.wire.only('C', 'o', 'x', 'T', 't', 'A', 'a')).toBe(
        'C 19ms o 1889ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x 799ms C 19ms (oT) 16ms t ' +
          '1959ms T 19ms t 1979ms T 19ms t 1979ms T 19ms t 1409ms A 19ms a',
      );
      expectFate(stream).toBe('10s 920ms a');
      const seen = watch(stream);
      yield 1_900;
      rig.stop();
      yield 1_000;
      rig.start();
      yield 8_000;
      expect(rig.server.counters.queues.leasesExpired).toBe(0);
      expect(seen.at(0).ack()).toBe('settled');
      yield 100;
      seen.unsubscribe();
    });
  });

  it.each([
    [0, 'C 109ms x'],
    [1, 'C 109ms x 99ms C 19ms x'],
    [2, 'C 109ms x 99ms C 19ms x 199ms C 19ms x'],
  ])('maxAttempts: %i attempts in a row, each counted once', (maxAttempts, attempts) => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      expectWire(rig.wire.only('C', 'x')).toBe(attempts);
      const seen = watch(messages(rig, { reconnect: { jitter: 'none', maxAttempts } }));
      yield 100;
      // A poll and an ack under way are one failure.
      rig.stop();
      seen.at(0).ack();
      yield 60_000;
      expect(seen.error).toEqual(objectContaining({ retryable: true }));
    });
  });

  it('a host that does not exist ends the stream at once', () => {
    marbles(function* ({ watch }) {
      const nowhere: Connector = {
        address: 'nowhere:1',
        connect(events) {
          const error = ChannelError.of('nowhere:1', { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
          clock.after(1, () => events.closed(error));
          return { write: () => true, close() {} };
        },
      };
      const seen = watch(new FloClient('nowhere:1', { connector: nowhere }).queue.messages('q'));
      yield 5_000;
      expect(seen.error).toEqual(objectContaining({ code: 'FLO_CONNECTION_FAILED', retryable: false }));
      expect(seen.endedAtMs).toBe(1);
    });
  });
});

describe('queue.messages: a server in trouble', () => {
  it.each([
    [9, 'Internal server error'],
    [10, 'Server overloaded'],
    [12, 'no leader'],
  ])('status %i passes: tried again after a pause', (status, text) => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      rig.server.faults.failNext(2, { status, text }, 'queue.dequeue');
      const stream = messages(rig);
      expectWire(rig.wire.only('C', 'D', 'f', 'd', 'A', 'a')).toBe(
        'C 19ms D 19ms f 99ms D 19ms f 199ms D 19ms (dD) 116ms A 19ms f 99ms A 19ms f 199ms A 19ms a',
      );
      const status$ = watch(stream.status$);
      const seen = watch(stream);
      yield 500;
      expect(valuesOf(seen.values)).toEqual(['a']);
      expect(status$.values.find(({ reasons }) => reasons.includes('server'))?.detail).toContain(text);
      rig.server.faults.failNext(2, { status, text }, 'queue.ack');
      seen.at(0).ack();
      yield 490;
      expect(stream.fate()).toMatchObject({ acked: 1 });
      seen.unsubscribe();
    });
  });

  it.each([
    [3, 'out of range', 'FLO_BAD_REQUEST'],
    [7, 'no', 'FLO_UNAUTHORIZED'],
    [77, 'what', 'FLO_SERVER'],
  ])('status %i ends the stream, once, and gives back what is unsettled', (status, text, code) => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      expectWire(rig.wire).toBe('C 19ms (oD) 16ms (dD) 1016ms (zD) 16ms (fN) 16ms n 999ms X');
      expectFate(stream).toBe('1080ms (x#)');
      const seen = watch(stream);
      yield 100;
      rig.server.faults.failNext(1, { status, text }, 'queue.dequeue');
      yield 2_000;
      expect(seen.error).toEqual(objectContaining({ code }));
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('some of what is acked or renewed is not there any more: only that is lost', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000 });
      expectWire(rig.wire.only('A', 'a', 'f', 'T', 't')).toBe('100ms A 19ms (fBC) 15ms (fa) 376ms T 19ms f', {
        A: { name: 'Ack', seqs: [1, 2] },
        B: { name: 'Ack', seqs: [1] },
        C: { name: 'Ack', seqs: [2] },
      });
      expectFate(stream).toBe('140ms (xa) 396ms x', { x: { fate: 'abandoned', reason: 'lease' } });
      const seen = watch(stream);
      yield 100;
      const gone = { status: 2, text: 'message not found in this queue' };
      rig.server.faults.failNext(2, gone, 'queue.ack');
      seen.at(0).ack();
      seen.at(1).ack();
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 3, acked: 1, abandoned: 1 });
      rig.server.faults.failNext(1, gone, 'queue.touch');
      yield 500;
      expect(seen.at(2).signal.aborted).toBe(true);
      expect(stream.fate()).toMatchObject({ abandoned: 2 });
      seen.unsubscribe();
    });
  });

  it('a renewal that is refused for many is asked for each', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      expectWire(rig.wire.only('T', 't', 'f')).toBe('520ms T 19ms (fABC) 14ms (ftt)', {
        T: { name: 'Touch', seqs: [1, 2, 3] },
        A: { name: 'Touch', seqs: [1] },
        B: { name: 'Touch', seqs: [2] },
        C: { name: 'Touch', seqs: [3] },
      });
      const seen = watch(messages(rig, { visibilityTimeoutMs: 1_000, window: { deliveries: 3 } }));
      yield 100;
      rig.server.faults.failNext(2, { status: 2 }, 'queue.touch');
      yield 600;
      expect(seen.values.filter(({ signal }) => signal.aborted)).toHaveLength(1);
      seen.unsubscribe();
    });
  });

  it('a wrong checksum once or twice in a row: asked again; three times: the end', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      expectWire(rig.wire.only('C', '?', 'X')).toBe('C 1039ms ? 1119ms ? 3259ms ? 1119ms ? 1219ms ? 999ms X');
      const seen = watch(messages(rig));
      yield 50;
      rig.server.faults.corruptNextAnswers(2, 'queue.dequeue');
      yield 5_000;
      expect(seen.ended).toBeUndefined();
      rig.server.faults.corruptNextAnswers(3, 'queue.dequeue');
      yield 10_000;
      expect(seen.error).toEqual(objectContaining({ code: 'FLO_INVALID_CHECKSUM' }));
    });
  });

  it('an unreadable request of somebody else breaks the connection, not the stream', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const seen = watch(messages(rig));
      yield 1_500;
      rig.server.faults.rejectNext(1, 'kv.get');
      const other = watch(rig.client.kv.get('key'));
      yield 1_000;
      expect(other.error).toEqual(objectContaining({ code: 'FLO_BAD_REQUEST' }));
      rig.enqueue('q', 'a');
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a']);
      seen.unsubscribe();
    });
  });

  it('a poll whose answer is late: given up, and what it brings given back', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { timeoutMs: 500 } });
      rig.server.faults.delayNextAnswers(1, 5_000, 'queue.dequeue');
      rig.enqueue('q', 'a');
      expectWire(rig.wire.only('D', 'd', 'N', 'n', 'P', 'p')).toBe(
        '20ms D 2499ms P 19ms p 79ms D 1019ms D 1019ms D 379ms (dN) 16ms (dDn) 1015ms N 19ms n',
      );
      const seen = watch(messages(rig));
      yield 4_000;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 1, dead: 0 });
      expect(seen.values).toEqual([]);
      yield 2_000;
      expect(valuesOf(seen.values)).toEqual(['a']);
      expect(seen.at(0).attempt).toBe(1);
      seen.unsubscribe();
    });
  });

  it('what a poll brings when its lease has run out is not given back: somebody else may have it', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { timeoutMs: 500 } });
      rig.server.faults.delayNextAnswers(1, 2_600, 'queue.dequeue');
      rig.enqueue('q', 'a');
      expectWire(rig.wire.only('D', 'd', 'z', 'N', 'P', 'p')).toBe(
        '20ms D 1999ms D 19ms d 479ms P 19ms p 99ms d 4879ms D 1019ms z',
      );
      const reconnect = { initialMs: 5_000, jitter: 'none' } as const;
      const seen = watch(messages(rig, { visibilityTimeoutMs: 1_000, reconnect }));
      yield 2_000;
      const other = watch(rig.newClient().queue.dequeue('q'));
      yield 6_000;
      expect(other.values).toEqual([[expect.objectContaining({ seq: 1n })]]);
      expect(seen.values).toEqual([]);
      seen.unsubscribe();
    });
  });

  it('a server that falls silent is found out', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { timeoutMs: 500 } });
      expectWire(rig.wire.only('C', 'P', 'p', 'X')).toBe(
        'C 2519ms P 499ms X 199ms C 2519ms P 19ms p 2879ms P 19ms p 19s 19ms X',
      );
      const seen = watch(messages(rig));
      yield 50;
      // The poll, and the question whether it is still there.
      rig.server.faults.swallowNextAnswers(1, 'queue.dequeue');
      yield 1_500;
      rig.server.faults.swallowNextAnswers(3, 'queue.dequeue');
      rig.server.faults.swallowNextAnswers(1, 'ping');
      yield 20_000;
      rig.enqueue('q', 'a');
      yield 5_000;
      expect(valuesOf(seen.values)).toEqual(['a']);
      seen.unsubscribe();
    });
  });
});
