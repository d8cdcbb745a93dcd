import { take } from 'rxjs';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing.js';
import { messages, queueOf, valuesOf } from './queue-q.js';

describe('queue.messages: leaving, draining, closing', () => {
  it('an ack of the turn in which the subscriber leaves still counts', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      const stream = messages(rig);
      const seen = watch(
        stream.pipe(
          work((value) => value.toUpperCase()),
          take(2),
        ),
      );
      yield 2_000;
      expect(seen.values).toEqual(['A', 'B']);
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
      expect(stream.fate()).toMatchObject({ acked: 2, late: 0 });
      expect(stream.fate().delivered).toBe(stream.fate().acked + stream.fate().abandoned);
    });
  });

  it('a drain waits for what is in flight, takes nothing more, and gives back what the poll brings', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const seen = watch(stream);
      yield 500;
      const report = watch(stream.drain());
      rig.enqueue('q', 'b');
      yield 1_000;
      expect([seen.ended, report.ended]).toEqual([undefined, undefined]);
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 1, dead: 0 });
      seen.at(0).ack();
      yield 100;
      expect(seen.ended).toBe('complete');
      expect(report.values).toEqual([{ delivered: 1, acked: 1, nacked: 0, dead: 0, abandoned: 0, late: 0 }]);
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('a drain gives back what waits to come again, and what is left at the deadline', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig);
      const seen = watch(stream);
      yield 500;
      seen.at(0).nack({ delayMs: 60_000 });
      const report = watch(stream.drain({ deadlineMs: 2_000 }));
      yield 1_500;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 1, dead: 0 });
      yield 1_000;
      expect(report.values).toEqual([{ delivered: 2, acked: 0, nacked: 1, dead: 0, abandoned: 1, late: 0 }]);
      expect(queueOf(rig)).toEqual({ ready: 2, leased: 0, dead: 0 });
    });
  });

  it('what arrived behind a pause was never seen: given back, without a fate', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const stream = messages(rig);
      const seen = watch(stream);
      yield 500;
      rig.enqueue('q', 'a');
      yield 50;
      const resume = seen.at(0)[Symbol.for('sluice.duty') as never] as { flow: { pause(name: string): () => void } };
      resume.flow.pause('breaker');
      rig.enqueue('q', 'b');
      yield 50;
      expect(valuesOf(seen.values)).toEqual(['a']);
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 2, dead: 0 });
      seen.unsubscribe();
      yield 2_000;
      expect(stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
      expect(queueOf(rig)).toEqual({ ready: 2, leased: 0, dead: 0 });
      const again = watch(stream);
      yield 100;
      expect(again.values.map(({ value, attempt }) => [value, attempt])).toEqual([
        ['a', 2],
        ['b', 1],
      ]);
      again.unsubscribe();
    });
  });

  it('close drains all streams, reports all fates, then closes the connection', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      rig.server.enqueue('other', Buffer.from('b'));
      const seen = watch(messages(rig));
      const other = watch(rig.client.queue.messages('other').pipe(work((value) => value.length)));
      yield 500;
      const report = watch(rig.client.close({ deadlineMs: 1_000 }));
      for (const delivery of seen.values) delivery.ack();
      yield 100;
      expect([seen.ended, other.ended]).toEqual(['complete', 'complete']);
      yield 2_000;
      expect(report.values).toEqual([{ delivered: 2, acked: 2, nacked: 0, dead: 0, abandoned: 0, late: 0 }]);
      expect(rig.wire.open).toBe(0);
      const late = watch(messages(rig));
      yield 10;
      expect(late.ended).toBe('complete');
    });
  });

  it('resubscribing is a new epoch over the same queue', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const first = watch(stream);
      yield 500;
      first.unsubscribe();
      const second = watch(stream);
      yield 2_000;
      expect(second.values.map(({ value, attempt }) => [value, attempt])).toEqual([['a', 2]]);
      expect(first.at(0).ack()).toBe('stale');
      second.at(0).ack();
      yield 100;
      expect(stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 0, abandoned: 1, late: 1 });
      second.unsubscribe();
    });
  });

  it('a poll that waits for a connection is called off; what is given back goes as soon as there is one', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const seen = watch(stream);
      yield 500;
      rig.server.faults.dropConnections();
      // Broken at 510, opened again from 610 to 630.
      yield 115;
      seen.unsubscribe();
      yield 40;
      expect(rig.wire.nacks).toEqual([[630, 1]]);
      expect(rig.wire.polls).toHaveLength(2);
      yield 2_000;
      expect(rig.wire.open).toBe(0);
      expect(stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
    });
  });

  it('acks that are under way when the connection breaks at the end get a second chance', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const seen = watch(messages(rig));
      yield 500;
      for (const delivery of seen.values) delivery.ack();
      rig.server.faults.dropBeforeNextAnswers(1, 'queue.ack');
      seen.unsubscribe();
      yield 2_000;
      expect(rig.wire.acks.map(([, ...seqs]) => seqs)).toEqual([
        [1, 2],
        [1, 2],
      ]);
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 0 });
    });
  });

  it('what the server refuses while the last poll is out is told it once more, not again and again', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const seen = watch(messages(rig));
      yield 100;
      rig.server.faults.failNext(1_000, { status: 10, text: 'busy' }, 'queue.ack');
      for (const delivery of seen.values) delivery.ack();
      seen.unsubscribe();
      yield 2_000;
      expect(rig.wire.acks).toEqual([
        [100, 1],
        [120, 1],
      ]);
    });
  });

  it('a long poll that is still out holds up no report; what it brings is given back all the same', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const seen = watch(messages(rig, { blockMs: 60_000 }));
      yield 500;
      const report = watch(rig.client.close());
      for (const delivery of seen.values) delivery.ack();
      yield 100;
      expect(report.values).toEqual([{ delivered: 1, acked: 1, nacked: 0, dead: 0, abandoned: 0, late: 0 }]);
      rig.enqueue('q', 'b');
      yield 20;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 1, dead: 0 });
      yield 100;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
      expect(rig.wire.open).toBe(0);
    });
  });

  it('a session that has failed renews nothing any more, and opens no connection for it', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ client: { reconnect: { maxAttempts: 0 } } });
      rig.enqueue('q', 'a', 'b');
      const seen = watch(messages(rig, { visibilityTimeoutMs: 2_000, blockMs: 200 }));
      yield 500;
      const { faults } = rig.server;
      faults.swallowNextAnswers(1, 'queue.ack');
      faults.swallowNextAnswers(1, 'queue.touch');
      yield 700;
      seen.at(0).ack();
      yield 400;
      faults.dropConnections();
      yield 3_000;
      expect(seen.ended).toBe('error');
      expect(rig.wire.touches).toEqual([[1_020, 1, 2]]);
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });
});
