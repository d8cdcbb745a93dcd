import { clock } from '../../src/foundation/clock.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { marbles } from '../../src/testing.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import type { Connector } from '../../src/transports/channel.js';
import { messages, queueOf, valuesOf } from './queue-q.js';

const { objectContaining } = expect;

describe('queue.messages: a broken connection', () => {
  it('is opened again after pauses that grow, and the stream says so', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const seen = watch(stream);
      const status = watch(stream.status$);
      yield 100;
      rig.stop();
      yield 2_000;
      rig.enqueue('q', 'b');
      rig.start();
      yield 2_000;
      // Broken at 110; being refused takes a round trip of 20 ms; the pauses are 100, 200, 400, 800, 1600 ms.
      expect(rig.wire.connectedAtMs).toEqual([0, 210, 430, 850, 1670, 3290]);
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
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig);
      const seen = watch(stream);
      yield 100;
      rig.server.faults.dropConnections();
      yield 50;
      expect(seen.at(0).ack()).toBe('settled');
      expect(seen.at(1).dead()).toBe('settled');
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 1, dead: 1 });
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 1 });
      seen.unsubscribe();
    });
  });

  it.each(['queue.ack', 'queue.nack'] as const)(
    'an ack or dead letter whose answer was lost (%s) is sent again',
    (lost) => {
      marbles(function* ({ flo, watch }) {
        const rig = flo();
        rig.enqueue('q', 'a', 'b');
        const stream = messages(rig);
        const seen = watch(stream);
        yield 100;
        rig.server.faults.dropBeforeNextAnswers(1, lost);
        seen.at(0).ack();
        seen.at(1).dead();
        yield 1_000;
        const { acks, nacks } = rig.wire;
        expect([acks.map(([, seq]) => seq), nacks.map(([, seq]) => seq)]).toEqual([
          [1, 1],
          [2, 2],
        ]);
        expect(stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 1, abandoned: 0, late: 0 });
        expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 1 });
        seen.unsubscribe();
      });
    },
  );

  it('a nack whose answer was lost is not repeated: the message may be leased again by now', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000 });
      const seen = watch(stream);
      yield 100;
      rig.server.faults.dropBeforeNextAnswers(1, 'queue.nack');
      seen.at(0).nack();
      // The poll that was parked on the broken connection may have it: then it comes when that lease is over.
      yield 2_500;
      expect(rig.wire.nacks).toEqual([[100, 1]]);
      expect(valuesOf(seen.values)).toEqual(['a', 'a']);
      expect(stream.fate()).toMatchObject({ delivered: 2, nacked: 1 });
      seen.unsubscribe();
    });
  });

  it('an ack that can not be told while the lease holds is lost, not told of a later lease', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000 });
      const seen = watch(stream);
      yield 100;
      rig.stop();
      seen.at(0).ack();
      yield 2_000;
      expect(stream.fate()).toMatchObject({ delivered: 1, acked: 0, abandoned: 1 });
      rig.start();
      yield 3_000;
      expect(rig.wire.acks).toHaveLength(1);
      expect(seen.values.map(({ value, attempt }) => [value, attempt])).toEqual([
        ['a', 1],
        ['a', 2],
      ]);
      seen.unsubscribe();
    });
  });

  it('nor one whose delivery became too old meanwhile', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 10_000, maxLeaseMs: 1_000 });
      const seen = watch(stream);
      yield 100;
      rig.stop();
      yield 20;
      seen.at(0).ack();
      yield 2_000;
      rig.start();
      yield 2_000;
      expect(rig.wire.acks).toEqual([]);
      expect(stream.fate()).toMatchObject({ delivered: 1, acked: 0, abandoned: 1 });
      seen.unsubscribe();
    });
  });

  it('a lease that could not be renewed for a while is renewed after it', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig, { visibilityTimeoutMs: 4_000 });
      const seen = watch(stream);
      yield 1_900;
      rig.stop();
      yield 1_000;
      rig.start();
      yield 8_000;
      expect(rig.server.counters.queues.leasesExpired).toBe(0);
      expect(seen.at(0).ack()).toBe('settled');
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 1, acked: 1 });
      seen.unsubscribe();
    });
  });

  it.each([0, 1, 2])('maxAttempts: %i attempts in a row, each counted once', (maxAttempts) => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const seen = watch(messages(rig, { reconnect: { jitter: 'none', maxAttempts } }));
      yield 100;
      // A poll and an ack under way are one failure.
      rig.stop();
      seen.at(0).ack();
      yield 60_000;
      expect(rig.wire.connectedAtMs).toHaveLength(1 + maxAttempts);
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
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      rig.server.faults.failNext(2, { status, text }, 'queue.dequeue');
      const stream = messages(rig);
      const status$ = watch(stream.status$);
      const seen = watch(stream);
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a']);
      expect(rig.wire.polls.map(([atMs]) => atMs).slice(0, 3)).toEqual([20, 140, 360]);
      expect(rig.wire.connectedAtMs).toHaveLength(1);
      expect(status$.values.find(({ reasons }) => reasons.includes('server'))?.detail).toContain(text);
      rig.server.faults.failNext(2, { status, text }, 'queue.ack');
      seen.at(0).ack();
      yield 2_000;
      expect(stream.fate()).toMatchObject({ acked: 1 });
      seen.unsubscribe();
    });
  });

  it.each([
    [3, 'out of range', 'FLO_BAD_REQUEST'],
    [7, 'no', 'FLO_UNAUTHORIZED'],
    [77, 'what', 'FLO_SERVER'],
  ])('status %i ends the stream, once, and gives back what is unsettled', (status, text, code) => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const seen = watch(stream);
      yield 100;
      rig.server.faults.failNext(1, { status, text }, 'queue.dequeue');
      yield 2_000;
      expect(seen.error).toEqual(objectContaining({ code }));
      expect(stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('some of what is acked or renewed is not there any more: only that is lost', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000 });
      const seen = watch(stream);
      yield 100;
      const gone = { status: 2, text: 'message not found in this queue' };
      rig.server.faults.failNext(2, gone, 'queue.ack');
      seen.at(0).ack();
      seen.at(1).ack();
      yield 100;
      expect(rig.wire.acks.map(([, ...seqs]) => seqs)).toEqual([[1, 2], [1], [2]]);
      expect(stream.fate()).toMatchObject({ delivered: 3, acked: 1, abandoned: 1 });
      rig.server.faults.failNext(1, gone, 'queue.touch');
      yield 500;
      expect(seen.at(2).signal.aborted).toBe(true);
      expect(stream.fate()).toMatchObject({ abandoned: 2 });
      seen.unsubscribe();
    });
  });

  it('a renewal that is refused for many is asked for each', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      const seen = watch(messages(rig, { visibilityTimeoutMs: 1_000, window: { deliveries: 3 } }));
      yield 100;
      rig.server.faults.failNext(2, { status: 2 }, 'queue.touch');
      yield 600;
      const [all = [], ...each] = rig.wire.touches.map(([, ...seqs]) => seqs);
      expect(all.length).toBeGreaterThan(1);
      expect(each.slice(0, all.length)).toEqual(all.map((seq) => [seq]));
      expect(seen.values.filter(({ signal }) => signal.aborted)).toHaveLength(1);
      seen.unsubscribe();
    });
  });

  it('a wrong checksum once or twice in a row: asked again; three times: the end', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const seen = watch(messages(rig));
      yield 50;
      rig.server.faults.corruptNextAnswers(2, 'queue.dequeue');
      yield 5_000;
      expect(seen.ended).toBeUndefined();
      rig.server.faults.corruptNextAnswers(3, 'queue.dequeue');
      yield 10_000;
      expect(seen.error).toEqual(objectContaining({ code: 'FLO_INVALID_CHECKSUM' }));
      expect(rig.wire.connectedAtMs).toHaveLength(1);
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
    marbles(function* ({ flo, watch }) {
      const rig = flo({ client: { timeoutMs: 500 } });
      rig.server.faults.delayNextAnswers(1, 5_000, 'queue.dequeue');
      rig.enqueue('q', 'a');
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
    marbles(function* ({ flo, watch }) {
      const rig = flo({ client: { timeoutMs: 500 } });
      rig.server.faults.delayNextAnswers(1, 2_600, 'queue.dequeue');
      rig.enqueue('q', 'a');
      const reconnect = { initialMs: 5_000, jitter: 'none' } as const;
      const seen = watch(messages(rig, { visibilityTimeoutMs: 1_000, reconnect }));
      yield 2_000;
      const other = watch(rig.newClient().queue.dequeue('q'));
      yield 6_000;
      expect(other.values).toEqual([[expect.objectContaining({ seq: 1n })]]);
      expect(rig.wire.nacks).toEqual([]);
      expect(seen.values).toEqual([]);
      seen.unsubscribe();
    });
  });

  it('a server that falls silent is found out', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ client: { timeoutMs: 500 } });
      const seen = watch(messages(rig));
      yield 50;
      // The poll, and the question whether it is still there.
      rig.server.faults.swallowNextAnswers(1, 'queue.dequeue');
      yield 1_500;
      rig.server.faults.swallowNextAnswers(3, 'queue.dequeue');
      rig.server.faults.swallowNextAnswers(1, 'ping');
      yield 20_000;
      expect(rig.wire.connectedAtMs).toHaveLength(2);
      rig.enqueue('q', 'a');
      yield 5_000;
      expect(valuesOf(seen.values)).toEqual(['a']);
      seen.unsubscribe();
    });
  });
});
