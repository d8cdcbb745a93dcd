import { concatMap, delay, map, merge, NEVER, of, tap } from 'rxjs';
import { HEADER_BYTES } from '../../src/codecs/lance/header.js';
import { FETCH_HEAD_BYTES, fetchResponse } from '../../src/codecs/lance/replies.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { DUTY } from '../../src/observables/delivery/types.js';
import { lanceAnswer, type LancePeer, lancePeer, marbles, tlv } from '../../src/testing.js';
import type { ServerEnd } from '../../src/transports/server-end.js';
import { textsIn } from './records.js';

const HEAD_BYTES = HEADER_BYTES + FETCH_HEAD_BYTES;

/** Records of 100 bytes each, headers included. */
const hundreds = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(95, '.'));

describe('a fetch spends credit before it is sent', () => {
  it.each([1, 2, 3, 7])('%i deliveries at most are unsettled or asked for', (limit) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(20));
      const deliveries = watch(
        rig.client.consume('log', { maxFetchBytes: 100, window: { deliveries: limit }, prefetch: 8 }),
      );
      yield 1000;
      expect(deliveries.values).toHaveLength(limit);
      expect(rig.wire.fetches).toHaveLength(limit);
      for (let settled = 1; settled <= 3; settled++) {
        deliveries.at(settled - 1).ack();
        yield 1000;
        expect(deliveries.values).toHaveLength(limit + settled);
        expect(rig.wire.fetches).toHaveLength(limit + settled);
      }
      deliveries.unsubscribe();
    });
  });

  it('and bytes: what was asked for and not used comes back', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(3));
      const window = new Window({ deliveries: 10, bytes: 5000 });
      const deliveries = watch(rig.client.consume('log', { maxFetchBytes: 2000, window, from: 200n }));
      yield 61;
      // One record, and the fetch that asks for what comes next.
      expect([window.deliveries, window.bytes]).toEqual([2, 2100]);
      deliveries.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('a record that is cut counts once it is whole', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(20));
      const window = new Window({ deliveries: 10, bytes: 500 });
      // 150 bytes bring one record of 100 and carry 50: the next fetch has two.
      const deliveries = watch(rig.client.consume('log', { maxFetchBytes: 150, window, prefetch: 1 }));
      yield 1000;
      expect(deliveries.values.map(({ value }) => value.byteLength)).toEqual([100, 200, 100]);
      expect([window.deliveries, window.bytes]).toEqual([3, 400]);
      expect(rig.wire.fetches).toHaveLength(3);
      deliveries.at(0).ack();
      yield 1000;
      expect(deliveries.values).toHaveLength(4);
      expect([window.deliveries, window.bytes]).toEqual([3, 500]);
      deliveries.unsubscribe();
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it.each([2, 3, 4, 6])('a window of exactly %i fetches has so many at work, whatever they cut', (fits) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(600).map((text) => text.slice(0, 70)));
      const window = new Window({ deliveries: fits, bytes: fits * 1000 });
      const deliveries = watch(rig.client.consume('log', { maxFetchBytes: 1000, window, prefetch: 8 }));
      yield 1000;
      // The first round has to learn how long records are.
      for (let at = 0; at < 3; at++) {
        for (const delivery of deliveries.values) delivery.ack();
        yield 1000;
      }
      expect(window.deliveries).toBe(fits);
      expect(window.bytes).toBeLessThanOrEqual(fits * 1000);
      expect(deliveries.values.filter(({ [DUTY]: { open } }) => open)).toHaveLength(fits);
      deliveries.unsubscribe();
    });
  });

  it('a batch keeps no more in memory than twice what it counts, however long the record cut behind it', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const texts = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `${i}` : 'long'.repeat(1500)));
      rig.append('log', ...texts);
      const deliveries = watch(
        rig.client.consume('log', { maxFetchBytes: 5000, until: 'end', window: { deliveries: 100 } }),
      );
      yield 5000;
      expect(deliveries.values.flatMap(({ value }) => textsIn(value))).toEqual(texts);
      let at = 0;
      for (const { value } of deliveries.values) {
        expect(value.bytes(0).buffer.byteLength).toBeLessThanOrEqual(2 * value.byteLength + 16);
        for (const record of value) {
          expect(record.position).toBe(BigInt(at));
          at += 5 + record.bytes().length;
        }
      }
      for (const delivery of deliveries.values) delivery.ack();
      yield 1;
      expect(deliveries.ended).toBe('complete');
    });
  });

  it('never asks for more than the window is wide, whatever maxFetchBytes says', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(20));
      expectWire(rig.wire.only('F')).toBe('40ms F', { F: { name: 'Fetch', start: 0, maxBytes: 300 } });
      const deliveries = watch(rig.client.consume('log', { window: { bytes: 300 }, maxFetchBytes: 5000 }));
      yield 1000;
      expect(rig.server.counters.bytesFetched).toBe(300);
      deliveries.unsubscribe();
    });
  });

  it.each([
    ['concatMap', concatMap(<T>(value: T) => of(value).pipe(delay(5)))],
    ['delay', delay(400)],
  ] as const)('holds below %s', (_, slow) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 1 });
      rig.append('log', ...hundreds(200));
      const window = new Window({ deliveries: 5, bytes: 1200 });
      let settledBytes = 0;
      let most = 0;
      const seen = watch(
        rig.client.consume('log', { maxFetchBytes: 250, window, until: 'end' }).pipe(
          slow as typeof slow & ((source: unknown) => never),
          tap((delivery: { value: { byteLength: number }; ack(): void }) => {
            most = Math.max(most, rig.server.counters.bytesFetched - settledBytes);
            settledBytes += delivery.value.byteLength;
            delivery.ack();
          }),
        ),
      );
      yield 60_000;
      expect(seen.ended).toBe('complete');
      expect(settledBytes).toBe(20_000);
      // A cut record is carried: it is not delivered yet, and comes on top.
      expect(most).toBeGreaterThan(1000);
      expect(most).toBeLessThanOrEqual(1200 + 99);
    });
  });

  it('a window that several streams share holds for all of them, and none starves', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ latencyMs: 1 });
      for (const topic of ['one', 'two', 'three']) rig.append(topic, ...hundreds(30));
      const window = new Window({ deliveries: 2, bytes: 1 << 20 });
      let most = 0;
      const streams = ['one', 'two', 'three'].map((topic) => {
        const read = rig.client.consume(topic, { window, maxFetchBytes: 100, until: 'end' });
        return read.pipe(map((delivery) => ({ topic, delivery })));
      });
      const order: string[] = [];
      let unsettled = 0;
      const seen = watch(
        merge(...streams).pipe(
          tap(() => (most = Math.max(most, ++unsettled, window.deliveries))),
          delay(3),
          tap(({ topic, delivery }) => {
            order.push(topic);
            unsettled--;
            delivery.ack();
          }),
        ),
      );
      yield 10_000;
      expect(seen.ended).toBe('complete');
      expect(most).toBe(2);
      for (const topic of ['one', 'two', 'three']) {
        expect(order.filter((each) => each === topic)).toHaveLength(30);
        // Each has its turn before any other is done.
        expect(order.slice(0, 60)).toContain(topic);
      }
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('a stream that waits for credit says so', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(9));
      const stream = rig.client.consume('log', { maxFetchBytes: 100, window: { deliveries: 2 } });
      const deliveries = watch(stream);
      const status = watch(stream.status$);
      yield 500;
      const { state, reasons, detail } = status.values.at(-1)!;
      expect([state, reasons]).toEqual(['paused', ['window']]);
      expect(detail).toMatch(/2 of 2 deliveries.*lance:log@0/);
      deliveries.unsubscribe();
    });
  });
});

describe('prefetch', () => {
  /** Answers one fetch after the other: sends the head of each response at once, and the rest when it is told to. */
  function slowPeer(): { peer: LancePeer; sendRest: () => void } {
    const data = tlv(...hundreds(10));
    const responses: { readonly frame: Uint8Array; readonly end: ServerEnd }[] = [];
    const sendHead = (): void => {
      const [next] = responses;
      next?.end.write(next.frame.subarray(0, HEAD_BYTES));
    };
    const peer = lancePeer(({ name, fields, end }) => {
      if (name === 'ListTopics') return lanceAnswer.topics('log');
      if (name !== 'Fetch') return undefined;
      const start = Number(fields['start']);
      const frame = lanceAnswer.fetched(start, data.subarray(start, start + 100));
      if (responses.push({ frame, end }) === 1) sendHead();
      return undefined;
    });
    const sendRest = (): void => {
      const { frame, end } = responses.shift()!;
      end.write(frame.subarray(HEAD_BYTES));
      sendHead();
    };
    return { peer, sendRest };
  }

  it.each([
    [1, '40ms F     269ms (fF) 86ms X'],
    [2, '40ms F 19ms F 249ms (fF) 86ms X'],
    [3, '40ms F 19ms F 249ms (fF) 86ms X'],
  ])('%i: as soon as the head of a response says where the next one begins', (prefetch, drawn) => {
    marbles(function* ({ expectWire, watch }) {
      const { peer, sendRest } = slowPeer();
      expectWire(peer.wire.only('F', 'f', 'X')).toBe(drawn);
      const client = peer.newClient();
      const deliveries = watch(client.consume('log', { prefetch, maxFetchBytes: 100 }));
      yield 300;
      expect(deliveries.values).toHaveLength(0);
      sendRest();
      yield 100;
      expect(deliveries.values).toHaveLength(1);
      deliveries.unsubscribe();
    });
  });

  it('needs a second credit', () => {
    marbles(function* ({ expectCredit, expectFate, expectWire, watch }) {
      const { peer, sendRest } = slowPeer();
      const stream = peer.client.consume('log', { maxFetchBytes: 100, window: { deliveries: 1 } });
      expectWire(peer.wire.only('F', 'f')).toBe('     40ms F 269ms f 89ms F');
      expectFate(stream).toBe('          40ms - 269ms - 89ms a');
      expectCredit(stream).toBe('      1 39ms 0 - 269ms - 88ms - 99ms 1');
      const deliveries = watch(stream);
      yield 300;
      sendRest();
      yield 100;
      deliveries.at(0).ack();
      yield 100;
      deliveries.unsubscribe();
    });
  });

  it('a response that was asked for too early to be of use is asked for again', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(2));
      // The second fetch is exactly full, so a third one asks for what is not there yet.
      expectWire(rig.wire.only('F', 'f')).toBe(
        '40ms F 19ms (fF) 16ms (fF) 16ms f----F 19ms f 9ms F 19ms f 19ms F 19ms (fF)',
      );
      const seen = watch(rig.client.consume('log', { maxFetchBytes: 100 }).pipe(autoAck(), map(textsIn)));
      yield 150;
      rig.append('log', 'more');
      yield 60;
      expect(seen.values.flat()).toEqual([...hundreds(2), 'more']);
      seen.unsubscribe();
    });
  });

  it('a response that ends somewhere else than where it must is no frame to trust', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = lancePeer((heard) => {
        if (heard.name === 'ListTopics') heard.end.write(lanceAnswer.topics('log'));
        if (heard.name === 'Fetch') heard.end.write(fetchResponse(7, tlv('a')));
      });
      const client = peer.newClient({ reconnect: { jitter: 'none' } });
      expectWire(peer.wire).toBe(
        'C 19ms (oL) 16ms (tF) 16ms (fX) 96ms C 19ms (oL) 16ms (tF) 16ms (fX) 196ms C 19ms (oL) 16ms (tF) 16ms (fX)',
      );
      const seen = watch(client.consume('log'));
      yield 5000;
      expect(seen.error).toMatchObject({ code: 'LANCE_INVALID_FRAME' });
    });
  });

  it('nothing is given up to a subscriber that never reads on', () => {
    marbles(function* ({ expectCredit, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', ...hundreds(50));
      const stream = rig.client.consume('log', { maxFetchBytes: 100, window: { deliveries: 3 } });
      expectWire(rig.wire.only('F', 'f')).toBe('40ms F 19ms (fF) 16ms (fF) 16ms f');
      expectCredit(stream).toBe('3 39ms 2 19ms 1 19ms 0 9m 59s 919ms 3');
      const never = watch(stream.pipe(concatMap(() => NEVER)));
      yield 600_000;
      never.unsubscribe();
    });
  });
});
