import { bufferCount, concatMap, delay, map, mergeMap, of, switchMap, zip, type Observable } from 'rxjs';
import { Window } from '../../src/observables/delivery/core/window.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { floAnswer, floPeer, marbles } from '../../src/testing.js';
import { bytes, messages, queueOf, valuesOf } from './queue-q.js';

const texts = (count: number, size = 1): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(size));

describe('a poll spends credit before it is sent', () => {
  it.each([1, 2, 3, 7, 200])('%i deliveries at most are unsettled or asked for', (limit) => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(500));
      const window = new Window({ deliveries: limit, bytes: 1 << 20 });
      const seen = watch(messages(rig, { window }));
      yield 1_000;
      expect([seen.values.length, window.deliveries]).toEqual([limit, limit]);
      expect(queueOf(rig).leased).toBe(limit);
      expect(Math.max(...rig.wire.polls.map(([, count]) => count))).toBe(Math.max(1, Math.min(100, limit - 1)));
      seen.at(0).ack();
      yield 1_000;
      expect([seen.values.length, queueOf(rig).leased]).toEqual([limit + 1, limit]);
      seen.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('and bytes: each message reserves its share, and counts with what it really has', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(3, 100));
      const window = new Window({ deliveries: 10, bytes: 5_000 });
      const seen = watch(messages(rig, { window }));
      yield 1_000;
      // Three messages, and a poll that waits for one more.
      expect([window.deliveries, window.bytes]).toEqual([4, 300 + 500]);
      seen.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('a message that is kept does not keep the answer that brought it', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(20, 100));
      const seen = watch(rig.client.queue.messages('q'));
      yield 500;
      expect(rig.wire.polls.slice(0, 2).map(([, count]) => count)).toEqual([1, 31]);
      expect(seen.values.slice(1).map(({ value }) => value.buffer.byteLength)).toEqual(
        Array.from({ length: 19 }, () => 100),
      );
      seen.unsubscribe();
    });
  });

  it('messages larger than their share reserve what the last ones had', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(6, 2_000));
      const window = new Window({ deliveries: 10, bytes: 5_000 });
      const seen = watch(messages(rig, { window }));
      yield 1_000;
      expect(seen.values).toHaveLength(2);
      for (let i = 0; i < 6; i++) {
        // What the server has handed out is here, so it is in memory.
        expect(queueOf(rig).leased).toBeLessThanOrEqual(2);
        expect(window.bytes).toBeLessThanOrEqual(5_000);
        seen.at(i).ack();
        yield 200;
      }
      expect(valuesOf(seen.values).map((value) => value.trim())).toEqual(['0', '1', '2', '3', '4', '5']);
      seen.unsubscribe();
    });
  });

  it('one message larger than the window is delivered alone', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b'.repeat(9_000));
      const window = new Window({ deliveries: 10, bytes: 5_000 });
      const seen = watch(messages(rig, { window }));
      yield 1_000;
      expect(seen.values).toHaveLength(1);
      seen.at(0).ack();
      yield 1_000;
      expect([seen.values.length, seen.at(1).value.length]).toEqual([2, 9_000]);
      rig.enqueue('q', 'c');
      yield 2_000;
      expect(seen.values).toHaveLength(2);
      seen.at(1).ack();
      yield 1_000;
      expect(seen.at(2).value).toBe('c');
      seen.unsubscribe();
    });
  });

  it('a server that hands out more than it was asked for gets the rest back', () => {
    marbles(function* ({ watch }) {
      let handed = 0;
      const peer = floPeer(({ name }) => {
        if (name !== 'Dequeue') return floAnswer.done();
        return handed++ === 0 ? floAnswer.messages('x', 'x', 'x') : undefined;
      });
      const client = peer.newClient();
      const seen = watch(client.queue.messages('q'));
      yield 100;
      expect(seen.values.map(({ source }) => source.position)).toEqual([1n]);
      expect(peer.wire.nacks).toEqual([[40, 2, 3]]);
      seen.unsubscribe();
    });
  });

  it('an answer larger than a client takes: what it carried is asked for in smaller pieces', () => {
    marbles(function* ({ watch }) {
      const counts: number[] = [];
      const peer = floPeer((heard) => {
        if (heard.name !== 'Dequeue') return floAnswer.done();
        const count = Number(heard.fields['count']);
        const seq = BigInt(counts.push(count));
        const frame = floAnswer.messages({ seq, payload: bytes('x') })(heard);
        // It announces 2 GiB.
        if (count > 2) frame[7] = 0x7f;
        return counts.length < 6 ? frame : undefined;
      });
      const client = peer.newClient({ reconnect: { jitter: 'none' } });
      const seen = watch(client.queue.messages('q', { window: { deliveries: 5 } }));
      yield 1_000;
      expect([counts.slice(0, 4), peer.ends.length]).toEqual([[1, 4, 1, 2], 2]);
      expect(seen.values).toHaveLength(4);
      seen.unsubscribe();
    });
  });

  it('an answer that a genuine server has dropped because of its size: asked for in smaller pieces', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c', 'd');
      const seen = watch(messages(rig, { window: { deliveries: 4 } }));
      rig.server.faults.delayNextAnswers(1, 10, 'queue.dequeue');
      yield 45;
      // The first poll was for one message; this one is for three.
      rig.server.faults.failNext(1, { status: 9, text: 'not implemented' }, 'queue.dequeue');
      yield 1_000;
      expect(rig.wire.polls.map(([, count]) => count)).toEqual([1, 3, 1, 2]);
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd']);
      seen.unsubscribe();
    });
  });

  it('a server that does not know polls at all ends the stream', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.server.faults.notImplement('queue.dequeue');
      const seen = watch(messages(rig));
      yield 1_000;
      expect(seen.error).toMatchObject({ code: 'FLO_INTERNAL', notImplemented: true });
      expect(rig.wire.polls).toHaveLength(1);
    });
  });

  it('large messages make polls small: an answer of more than 256 KiB would be lost on genuine servers', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(12, 60_000));
      const seen = watch(messages(rig));
      yield 1_000;
      expect(seen.values).toHaveLength(12);
      expect(rig.wire.polls.slice(0, 5).map(([, count]) => count)).toEqual([1, 3, 3, 3, 3]);
      seen.unsubscribe();
    });
  });

  it('an idle queue leaves a shared window to the others', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(20));
      const window = new Window({ deliveries: 4, bytes: 4_000 });
      const idle = watch(rig.client.queue.messages('idle', { window }));
      yield 100;
      const seen = watch(messages(rig, { window }));
      yield 100;
      expect(seen.values).toHaveLength(3);
      rig.server.enqueue('idle', Buffer.from('x'));
      for (let i = 0; i < 10; i++) {
        yield 500;
        expect(window.deliveries).toBeLessThanOrEqual(4);
        seen.at(i).ack();
      }
      expect(idle.values).toHaveLength(1);
      idle.unsubscribe();
      seen.unsubscribe();
      yield 2_000;
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('a pause asks for nothing; what had been asked for waits', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const seen = watch(stream);
      yield 500;
      const { flow } = (seen.at(0) as unknown as Record<symbol, { flow: { pause(name: string): () => void } }>)[
        Symbol.for('sluice.duty')
      ]!;
      const resume = flow.pause('breaker');
      yield 3_000;
      const polls = rig.wire.polls.length;
      rig.enqueue('q', 'b');
      yield 3_000;
      expect(rig.wire.polls).toHaveLength(polls);
      resume();
      yield 100;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      seen.unsubscribe();
    });
  });
});

describe('empty answers that come too early', () => {
  it('are asked again at once, then after pauses that grow to a second; a message ends the row', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ maxWaiting: 0 });
      const seen = watch(messages(rig));
      yield 6_000;
      const at = rig.wire.polls.map(([atMs]) => atMs);
      // Each answer takes 20 ms.
      expect(at.slice(1, 10).map((ms, i) => ms - at[i]! - 20)).toEqual([
        0, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000,
      ]);
      rig.enqueue('q', 'a');
      yield 1_050;
      expect(valuesOf(seen.values)).toEqual(['a']);
      yield 200;
      const then = rig.wire.polls.map(([atMs]) => atMs).filter((atMs) => atMs >= seen.atMs[0]!);
      expect(then.slice(1, 4).map((ms, i) => ms - then[i]! - 20)).toEqual([0, 50, 100]);
      seen.unsubscribe();
    });
  });

  it('are no reason to pause when the wait itself is short', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const seen = watch(messages(rig, { blockMs: 30 }));
      yield 1_020;
      // 20 ms for the way, 30 ms of waiting.
      expect(rig.wire.polls).toHaveLength(20);
      seen.unsubscribe();
    });
  });
});

describe('hostile pipelines stand at the window or settle everything', () => {
  const settle = (deliveries: Observable<Delivery<string>>): Observable<unknown> =>
    deliveries.pipe(map((delivery) => delivery.ack()));

  const pipelines: Record<string, (deliveries: Observable<Delivery<string>>) => Observable<unknown>> = {
    concatMap: (source) => settle(source.pipe(concatMap((delivery) => of(delivery).pipe(delay(7))))),
    mergeMap: (source) => settle(source.pipe(mergeMap((delivery) => of(delivery).pipe(delay(7))))),
    zip: (source) =>
      settle(zip(source, source.pipe(concatMap((d) => of(d).pipe(delay(3))))).pipe(mergeMap((both) => both))),
    delay: (source) => settle(source.pipe(delay(50))),
    buffer: (source) =>
      settle(
        source.pipe(
          bufferCount(5),
          mergeMap((all) => all),
        ),
      ),
    work: (source) => source.pipe(work((value) => of(value).pipe(delay(5)), { concurrency: 3 })),
    switchMap: (source) => source.pipe(switchMap(() => of(1).pipe(delay(1_000)))),
    nothing: (source) => source,
  };

  it.each(Object.keys(pipelines))('%s', (name) => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', ...texts(100, 20));
      const window = new Window({ deliveries: 10, bytes: 1_000 });
      const stream = messages(rig, { window });
      const seen = watch(pipelines[name]!(stream));
      for (let i = 0; i < 400; i++) {
        yield 10;
        expect(window.deliveries).toBeLessThanOrEqual(10);
        expect(window.bytes).toBeLessThanOrEqual(1_000);
        expect(queueOf(rig).leased).toBeLessThanOrEqual(10);
      }
      const { delivered, acked } = stream.fate();
      if (name === 'switchMap' || name === 'nothing') expect([delivered, acked]).toEqual([10, 0]);
      else expect([delivered, acked]).toEqual([100, 100]);
      seen.unsubscribe();
    });
  });
});
