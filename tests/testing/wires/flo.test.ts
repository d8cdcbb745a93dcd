import type { Observable } from 'rxjs';
import { autoAck } from 'sluice';
import { fault, floAnswer, floPeer, marbles } from 'sluice/testing';

describe.each(['v1-32', 'v2-table'] as const)('the wire of a Flo rig, %s', (protocol) => {
  it('shows requests in upper case and their answers in lower case, by operation', () => {
    marbles(function* ({ flo, expectWire, watch }) {
      const { client, wire } = flo({ client: { protocol } });
      expectWire(wire).toBe(
        'C 19ms (oP) 16ms (pS) 16ms (sG) 16ms (gR) 16ms (rE) 16ms (eD) 16ms (dA) 16ms (aD) 16ms (zN) 16ms n 999ms X',
        {
          S: { key: 'k', text: 'v', namespace: 'default' },
          g: { name: 'Value', text: 'v' },
          E: { name: 'Enqueue', queue: 'q', text: 'm' },
          d: { name: 'Messages', seqs: [1], texts: ['m'] },
          A: { name: 'Ack', queue: 'q', seqs: [1] },
          N: { name: 'Nack', seqs: [7] },
        },
      );
      const commands: readonly Observable<unknown>[] = [
        client.ping(),
        client.kv.put('k', 'v'),
        client.kv.get('k'),
        client.kv.delete('k'),
        client.queue.enqueue('q', 'm'),
        client.queue.dequeue('q', 1),
        client.queue.ack('q', [1n]),
        client.queue.dequeue('q', 1),
        client.queue.nack('q', [7n]),
      ];
      for (const command of commands) {
        const seen = watch(command);
        while (seen.ended === undefined) yield 1;
      }
      yield 2_000;
    });
  });

  it('shows refusals, with why', () => {
    marbles(({ flo, expectWire }) => {
      const { client, wire } = flo({ client: { protocol } });
      client.kv.put('k', 'v', { casVersion: 9n }).subscribe({ error: () => {} });
      expectWire(wire.received).toBe('20ms o 19ms f', { f: { name: 'Refused', status: 8, operation: 'kv.put' } });
    });
  });

  it('has all requests, as they were meant', () => {
    marbles(function* ({ flo, watch }) {
      const { client, wire, enqueue } = flo({ client: { protocol } });
      enqueue('q', 'a', 'b');
      const seen = watch(client.queue.messages('q').pipe(autoAck()));
      yield 70;
      seen.unsubscribe();
      expect(wire.acks).toEqual([
        [40, 1],
        [60, 2],
      ]);
      expect(wire.polls.slice(0, 2)).toEqual([
        [20, 1],
        [40, 31],
      ]);
      expect(wire.requests(({ queue }) => queue.dequeue)[0]).toMatchObject({ connection: 1, request: { count: 1 } });
      yield 2_000;
    });
  });
});

describe('a Flo peer', () => {
  it('answers a list of requests in the generation of the client', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = floPeer(
        [
          [{ name: 'Put', key: 'a' }, floAnswer.refused(12, 'later')],
          ['Ping', floAnswer.pong()],
          [{ operation: 'queue.dequeue' }, floAnswer.messages('one', 'two')],
        ],
        { client: { protocol: 'v2-table' } },
      );
      expectWire(peer.wire).toBe('C 19ms (oS) 16ms f 9ms P 19ms p 9ms D 19ms d 999ms X');
      const put = watch(peer.client.kv.put('a', '1'));
      yield 50;
      expect(put.error).toMatchObject({ code: 'FLO_UNAVAILABLE', message: expect.stringContaining('later') });
      watch(peer.client.ping());
      yield 30;
      const got = watch(peer.client.queue.dequeue('q', 2));
      yield 2_000;
      expect(got.values[0]).toMatchObject([{ seq: 1n }, { seq: 2n }]);
    });
  });

  it('sends what nobody asked for, and resets', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = floPeer(() => undefined);
      peer.send('30ms a 9ms b 29ms #', { a: Buffer.from('FLO'), b: Buffer.from('!'.repeat(40)) });
      expectWire(peer.wire).toBe('C 19ms (oP) 26ms (?X)', { '?': { bytes: 43, direction: 'received' } });
      const seen = watch(peer.client.ping());
      yield 1_000;
      expect(seen.error).toMatchObject({ code: 'FLO_PROTOCOL_MISMATCH' });
    });
  });

  it('hears nothing of what was damaged on its way, and goes on', () => {
    marbles(function* ({ watch }) {
      const peer = floPeer([['Ping', floAnswer.pong()]]);
      peer.apply(fault.corrupt('sent', { byte: 40 }));
      const damaged = watch(peer.client.kv.get('k'));
      yield 50;
      expect(peer.heard).toEqual([]);
      const heard = watch(peer.client.ping());
      yield 50;
      expect(heard.ended).toBe('complete');
      damaged.unsubscribe();
      yield 2_000;
    });
  });

  it('shows how far into a frame a connection was closed', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = floPeer(() => undefined);
      peer.send('30ms a', { a: Buffer.from('FLO') });
      expectWire(peer.wire).toBe('C 19ms (oP) 5996ms X', { X: { name: 'close', heldBytes: 3 } });
      watch(peer.client.ping()).unsubscribe();
      const seen = watch(peer.client.ping());
      yield 200;
      seen.unsubscribe();
      yield 7_000;
    });
  });

  it('shows how far into a frame a connection broke', () => {
    marbles(function* ({ expectWire, watch }) {
      const peer = floPeer(() => undefined);
      peer.send('30ms a 19ms #', { a: Buffer.from('FLO') });
      expectWire(peer.wire).toBe('C 19ms (oP) 36ms x', { x: { name: 'closed', errno: 'ECONNRESET', heldBytes: 3 } });
      const seen = watch(peer.client.ping());
      yield 1_000;
      expect(seen.error).toMatchObject({ code: 'FLO_UNEXPECTED_EOF' });
    });
  });
});
