import { bufferCount, concatMap, delay, map, mergeMap, of, switchMap, zip, type Observable } from 'rxjs';
import { Window } from '../../src/observables/delivery/core/window.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { virtually } from '../../tests/embedded/script.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { Peer } from './peer.js';
import { bytes, Deliveries, Scene, valuesOf, Watch } from './scene.js';

const texts = (count: number, size = 1): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(size));

describe('a poll spends credit before it is sent', () => {
  it.each([1, 2, 3, 7, 200])('%i deliveries at most are unsettled or asked for', (limit) => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(500));
      const window = new Window({ deliveries: limit, bytes: 1 << 20 });
      const seen = new Deliveries(scene.messages({ window }));
      yield 1_000;
      expect([seen.values.length, window.deliveries]).toEqual([limit, limit]);
      expect(scene.queue.leased).toBe(limit);
      expect(Math.max(...scene.wire.polls.map(([, count]) => count))).toBe(Math.max(1, Math.min(100, limit - 1)));
      seen.at(0).ack();
      yield 1_000;
      expect([seen.values.length, scene.queue.leased]).toEqual([limit + 1, limit]);
      seen.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('and bytes: each message reserves its share, and counts with what it really has', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(3, 100));
      const window = new Window({ deliveries: 10, bytes: 5_000 });
      const seen = new Deliveries(scene.messages({ window }));
      yield 1_000;
      // Three messages, and a poll that waits for one more.
      expect([window.deliveries, window.bytes]).toEqual([4, 300 + 500]);
      seen.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('a message that is kept does not keep the answer that brought it', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(20, 100));
      const seen = new Watch(scene.client.queue.messages('q'));
      yield 500;
      expect(scene.wire.polls.slice(0, 2).map(([, count]) => count)).toEqual([1, 31]);
      expect(seen.values.slice(1).map(({ value }) => value.buffer.byteLength)).toEqual(
        Array.from({ length: 19 }, () => 100),
      );
      seen.unsubscribe();
    });
  });

  it('messages larger than their share reserve what the last ones had', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(6, 2_000));
      const window = new Window({ deliveries: 10, bytes: 5_000 });
      const seen = new Deliveries(scene.messages({ window }));
      yield 1_000;
      expect(seen.values).toHaveLength(2);
      for (let i = 0; i < 6; i++) {
        // What the server has handed out is here, so it is in memory.
        expect(scene.queue.leased).toBeLessThanOrEqual(2);
        expect(window.bytes).toBeLessThanOrEqual(5_000);
        seen.at(i).ack();
        yield 200;
      }
      expect(valuesOf(seen.values).map((value) => value.trim())).toEqual(['0', '1', '2', '3', '4', '5']);
      seen.unsubscribe();
    });
  });

  it('one message larger than the window is delivered alone', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b'.repeat(9_000));
      const window = new Window({ deliveries: 10, bytes: 5_000 });
      const seen = new Deliveries(scene.messages({ window }));
      yield 1_000;
      expect(seen.values).toHaveLength(1);
      seen.at(0).ack();
      yield 1_000;
      expect([seen.values.length, seen.at(1).value.length]).toEqual([2, 9_000]);
      scene.enqueue('c');
      yield 2_000;
      expect(seen.values).toHaveLength(2);
      seen.at(1).ack();
      yield 1_000;
      expect(seen.at(2).value).toBe('c');
      seen.unsubscribe();
    });
  });

  it('a server that hands out more than it was asked for gets the rest back', () => {
    virtually(function* () {
      let handed = 0;
      const peer = new Peer(({ head, end }, codec) => {
        const messages = [1n, 2n, 3n].map((seq) => ({ seq, payload: bytes('x') }));
        if (head.opcode !== codec.queue.dequeue.opcode) end.write(codec.answerFrame(head.id, 0, new Uint8Array(0)));
        else if (handed++ === 0) end.write(codec.answerFrame(head.id, 0, codec.queue.dequeue.encodeAnswer(messages)));
      });
      const client = new FloClient('x:1', { connector: peer.connector });
      const seen = new Deliveries(client.queue.messages('q'));
      yield 100;
      expect(seen.values.map(({ source }) => source.position)).toEqual([1n]);
      const nacks = peer.heard.filter(({ head }) => head.opcode === peer.codec.queue.nack.opcode);
      expect(nacks.map(({ payload }) => peer.codec.queue.nack.decodeRequest(payload).request.seqs)).toEqual([[2n, 3n]]);
      seen.unsubscribe();
    });
  });

  it('an answer larger than a client takes: what it carried is asked for in smaller pieces', () => {
    virtually(function* () {
      const counts: number[] = [];
      const peer = new Peer(({ head, payload, end }, codec) => {
        const { dequeue } = codec.queue;
        if (head.opcode !== dequeue.opcode) return void end.write(codec.answerFrame(head.id, 0, new Uint8Array(0)));
        const { count } = dequeue.decodeRequest(payload).request;
        const seq = BigInt(counts.push(count));
        const frame = codec.answerFrame(head.id, 0, dequeue.encodeAnswer([{ seq, payload: bytes('x') }]));
        // It announces 2 GiB.
        if (count > 2) frame[7] = 0x7f;
        if (counts.length < 6) end.write(frame);
      });
      const client = new FloClient('x:1', { connector: peer.connector, reconnect: { jitter: 'none' } });
      const seen = new Deliveries(client.queue.messages('q', { window: { deliveries: 5 } }));
      yield 1_000;
      expect([counts.slice(0, 4), peer.accepted]).toEqual([[1, 4, 1, 2], 2]);
      expect(seen.values).toHaveLength(4);
      seen.unsubscribe();
    });
  });

  it('an answer that a genuine server has dropped because of its size: asked for in smaller pieces', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c', 'd');
      const seen = new Deliveries(scene.messages({ window: { deliveries: 4 } }));
      scene.server.faults.delayNextAnswers(1, 10, 'queue.dequeue');
      yield 45;
      // The first poll was for one message; this one is for three.
      scene.server.faults.failNext(1, { status: 9, text: 'not implemented' }, 'queue.dequeue');
      yield 1_000;
      expect(scene.wire.polls.map(([, count]) => count)).toEqual([1, 3, 1, 2]);
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd']);
      seen.unsubscribe();
    });
  });

  it('a server that does not know polls at all ends the stream', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.faults.notImplement('queue.dequeue');
      const seen = new Deliveries(scene.messages());
      yield 1_000;
      expect(seen.error).toMatchObject({ code: 'FLO_INTERNAL', notImplemented: true });
      expect(scene.wire.polls).toHaveLength(1);
    });
  });

  it('large messages make polls small: an answer of more than 256 KiB would be lost on genuine servers', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(12, 60_000));
      const seen = new Deliveries(scene.messages());
      yield 1_000;
      expect(seen.values).toHaveLength(12);
      expect(scene.wire.polls.slice(0, 5).map(([, count]) => count)).toEqual([1, 3, 3, 3, 3]);
      seen.unsubscribe();
    });
  });

  it('an idle queue leaves a shared window to the others', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(20));
      const window = new Window({ deliveries: 4, bytes: 4_000 });
      const idle = new Watch(scene.client.queue.messages('idle', { window }));
      yield 100;
      const seen = new Deliveries(scene.messages({ window }));
      yield 100;
      expect(seen.values).toHaveLength(3);
      scene.server.enqueue('idle', Buffer.from('x'));
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
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      const stream = scene.messages();
      const seen = new Deliveries(stream);
      yield 500;
      const { flow } = (seen.at(0) as unknown as Record<symbol, { flow: { pause(name: string): () => void } }>)[
        Symbol.for('sluice.duty')
      ]!;
      const resume = flow.pause('breaker');
      yield 3_000;
      const polls = scene.wire.polls.length;
      scene.enqueue('b');
      yield 3_000;
      expect(scene.wire.polls).toHaveLength(polls);
      resume();
      yield 100;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      seen.unsubscribe();
    });
  });
});

describe('empty answers that come too early', () => {
  it('are asked again at once, then after pauses that grow to a second; a message ends the row', () => {
    virtually(function* () {
      const scene = new Scene({ maxWaiting: 0 });
      const seen = new Deliveries(scene.messages());
      yield 6_000;
      const at = scene.wire.polls.map(([atMs]) => atMs);
      // Each answer takes 20 ms.
      expect(at.slice(1, 10).map((ms, i) => ms - at[i]! - 20)).toEqual([
        0, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000,
      ]);
      scene.enqueue('a');
      yield 1_050;
      expect(valuesOf(seen.values)).toEqual(['a']);
      yield 200;
      const then = scene.wire.polls.map(([atMs]) => atMs).filter((atMs) => atMs >= seen.atMs[0]!);
      expect(then.slice(1, 4).map((ms, i) => ms - then[i]! - 20)).toEqual([0, 50, 100]);
      seen.unsubscribe();
    });
  });

  it('are no reason to pause when the wait itself is short', () => {
    virtually(function* () {
      const scene = new Scene();
      const seen = new Deliveries(scene.messages({ blockMs: 30 }));
      yield 1_020;
      // 20 ms for the way, 30 ms of waiting.
      expect(scene.wire.polls).toHaveLength(20);
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
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue(...texts(100, 20));
      const window = new Window({ deliveries: 10, bytes: 1_000 });
      const stream = scene.messages({ window });
      const seen = new Watch(pipelines[name]!(stream));
      for (let i = 0; i < 400; i++) {
        yield 10;
        expect(window.deliveries).toBeLessThanOrEqual(10);
        expect(window.bytes).toBeLessThanOrEqual(1_000);
        expect(scene.queue.leased).toBeLessThanOrEqual(10);
      }
      const { delivered, acked } = stream.fate();
      if (name === 'switchMap' || name === 'nothing') expect([delivered, acked]).toEqual([10, 0]);
      else expect([delivered, acked]).toEqual([100, 100]);
      seen.unsubscribe();
    });
  });
});
