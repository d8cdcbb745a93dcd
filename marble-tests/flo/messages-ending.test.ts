import { take } from 'rxjs';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing.js';
import { messages, queueOf, valuesOf } from './queue-q.js';

describe('queue.messages: leaving, draining, closing', () => {
  it('an ack of the turn in which the subscriber leaves still counts', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      const stream = messages(rig);
      expectWire(rig.wire).toBe('C 19ms (oD) 16ms (dAD) 15ms (adAN) 14ms (an) 996ms X');
      expectFate(stream).toBe('  60ms a 19ms a');
      const seen = watch(
        stream.pipe(
          work((value) => value.toUpperCase()),
          take(2),
        ),
      );
      yield 2_000;
      expect(seen.values).toEqual(['A', 'B']);
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('a drain waits for what is in flight, takes nothing more, and gives back what the poll brings', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      expectWire(rig.wire).toBe('C 19ms (oD) 16ms (dD) 466ms (dN) 16ms n 969ms A 19ms a 999ms X');
      expectFate(stream).toBe('1520ms (a|)');
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
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig);
      expectWire(rig.wire.only('D', 'd', 'z', 'N', 'n')).toBe(
        '20ms D 19ms (dD) 16ms (dD) 1016ms (zN) 16ms n 1399ms N 19ms n',
      );
      expectFate(stream).toBe('500ms n 1999ms (x|)');
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
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      const stream = messages(rig);
      expectWire(rig.wire.only('d', 'N', 'n')).toBe('510ms d 49ms d 39ms M 19ms n 2019ms d 19ms d 1019ms N 19ms n', {
        M: { name: 'Nack', seqs: [2, 1] },
        N: { name: 'Nack', seqs: [1, 2] },
      });
      expectFate(stream).toBe('600ms x 2099ms (xx)');
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
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      rig.server.enqueue('other', Buffer.from('b'));
      expectWire(rig.wire).toBe('C 19ms (oDD) 15ms (dDdAD) 13ms a 439ms A 19ms a 539ms (zzX)');
      const seen = watch(messages(rig));
      const other = watch(rig.client.queue.messages('other').pipe(work((value) => value.length)));
      yield 500;
      const report = watch(rig.client.close({ deadlineMs: 1_000 }));
      for (const delivery of seen.values) delivery.ack();
      yield 100;
      expect([seen.ended, other.ended]).toEqual(['complete', 'complete']);
      yield 2_000;
      expect(report.values).toEqual([{ delivered: 2, acked: 2, nacked: 0, dead: 0, abandoned: 0, late: 0 }]);
      const late = watch(messages(rig));
      yield 10;
      expect(late.ended).toBe('complete');
    });
  });

  it('resubscribing is a new epoch over the same queue', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      expectWire(rig.wire.only('D', 'd', 'z', 'N', 'A', 'a')).toBe(
        '20ms D 19ms (dD) 456ms D 559ms (zN) 16ms (dD) 1016ms (zD) 396ms A 19ms a 599ms z',
      );
      expectFate(stream).toBe('500ms x 2019ms a');
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
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      expectWire(rig.wire).toBe('C 19ms (oD) 16ms (dD) 466ms x 99ms C 19ms (oN) 16ms n 999ms X');
      expectFate(stream).toBe('615ms x');
      const seen = watch(stream);
      yield 500;
      rig.server.faults.dropConnections();
      // Broken at 510, opened again from 610 to 630.
      yield 115;
      seen.unsubscribe();
      yield 40;
      yield 2_000;
    });
  });

  it('acks that are under way when the connection breaks at the end get a second chance', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      expectWire(rig.wire.only('C', 'x', 'A', 'a', 'X')).toBe('C 499ms A 19ms (xC) 16ms A 19ms a 999ms X', {
        A: { name: 'Ack', seqs: [1, 2] },
      });
      const seen = watch(messages(rig));
      yield 500;
      for (const delivery of seen.values) delivery.ack();
      rig.server.faults.dropBeforeNextAnswers(1, 'queue.ack');
      seen.unsubscribe();
      yield 2_000;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 0 });
    });
  });

  it('what the server refuses while the last poll is out is told it once more, not again and again', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      expectWire(rig.wire.only('A', 'f', 'z', 'X')).toBe('100ms A 19ms (fA) 16ms f 919ms z 999ms X');
      const seen = watch(messages(rig));
      yield 100;
      rig.server.faults.failNext(1_000, { status: 10, text: 'busy' }, 'queue.ack');
      for (const delivery of seen.values) delivery.ack();
      seen.unsubscribe();
      yield 2_000;
    });
  });

  it('a long poll that is still out holds up no report; what it brings is given back all the same', () => {
    marbles(function* ({ expectRecording, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      expectWire(rig.wire).toBe('C 19ms (oD) 16ms (dD) 456ms A 19ms a 89ms (dN) 16ms (nX)');
      const seen = watch(messages(rig, { blockMs: 60_000 }));
      yield 500;
      const report = watch(rig.client.close());
      expectRecording(report).toBe('520ms (r|)', { r: expect.objectContaining({ delivered: 1, acked: 1 }) });
      for (const delivery of seen.values) delivery.ack();
      yield 100;
      expect(report.values).toEqual([{ delivered: 1, acked: 1, nacked: 0, dead: 0, abandoned: 0, late: 0 }]);
      rig.enqueue('q', 'b');
      yield 20;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 1, dead: 0 });
      yield 100;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('a session that has failed renews nothing any more, and opens no connection for it', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { reconnect: { maxAttempts: 0 } } });
      rig.enqueue('q', 'a', 'b');
      expectWire(rig.wire.only('C', 'T', 'A', 'x')).toBe('C 1019ms T 179ms A 409ms x');
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
    });
  });
});
