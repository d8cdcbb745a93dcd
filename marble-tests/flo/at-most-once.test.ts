import type { InMemoryFloOptions } from '../../src/embedded/flo/in-memory-flo-server.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { FloClientOptions } from '../../src/observables/flo/client-options.js';
import { marbles } from '../../src/testing.js';
import { messages, valuesOf } from './queue-q.js';

const GENUINE: InMemoryFloOptions = { bodies: 'server', semantics: 'server' };
const TABLE: FloClientOptions = { protocol: 'v2-table' };

describe.each([
  ['v2-table', GENUINE, TABLE, {}],
  ['v2-table against a server with leases', {}, TABLE, {}],
  ['leases: false', GENUINE, {}, { leases: false }],
] as const)('queue.messages at most once: %s', (name, server, client, options) => {
  it('says so, renews nothing, and has nowhere for dead letters', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ ...server, client });
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig, options);
      expect(stream.guarantee).toBe('at-most-once');
      const seen = watch(stream);
      yield 60_000;
      expect(valuesOf(seen.values)).toContain('b');
      expect(() => seen.at(0).dead()).toThrow(expect.objectContaining({ code: 'NO_DEAD_LETTERS' }));
      for (const delivery of seen.values) delivery.ack();
      yield 100;
      expect(rig.wire.touches).toEqual([]);
      expect(rig.wire.acks.flatMap(([, ...seqs]) => seqs)).toEqual(expect.arrayContaining([1, 2]));
      expect(stream.fate()).toMatchObject({ acked: seen.values.length, abandoned: 0 });
      seen.unsubscribe();
    });
  });

  it('a nacked message is kept here: nobody else has it any more', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ ...server, client });
      rig.enqueue('q', 'a', 'b', 'c');
      const seen = watch(messages(rig, { ...options, window: { deliveries: 3 } }));
      yield 100;
      for (const delivery of [...seen.values]) delivery.nack({ delayMs: 1_000 });
      yield 500;
      expect(rig.wire.nacks).toEqual([]);
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
      expect(seen.at(3).attempt).toBe(2);
      seen.unsubscribe();
    });
  });

  it('what is refused a lease in the options', () => {
    marbles(({ flo }) => {
      const rig = flo({ ...server, client });
      const why = `messages are not leased with ${name === 'leases: false' ? name : 'protocol v2-table'}`;
      for (const option of ['visibilityTimeoutMs', 'maxLeaseMs']) {
        expect(() => messages(rig, { ...options, [option]: 1_000 })).toThrow(
          expect.objectContaining({ code: 'NOT_SUPPORTED', message: `${option}: ${why}` }),
        );
      }
      if (name !== 'leases: false') {
        expect(() => messages(rig, { leases: true })).toThrow(
          expect.objectContaining({ code: 'NOT_SUPPORTED', message: `leases: ${why}` }),
        );
      }
    });
  });
});

describe('a server that turns out to have no leases', () => {
  it('is asked once; nothing is lost, and what is nacked is kept here', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo(GENUINE);
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000, maxLeaseMs: 5_000 });
      expectWire(rig.wire.only('T', 'f', 'A', 'a', 'N', 'x')).toBe(
        '520ms T 19ms f 2459ms A 19ms a 1979ms A 19ms a 89ms x 119ms x 219ms x 419ms x',
      );
      expectFate(stream).toBe('3s n 19ms a 1999ms a');
      const seen = watch(stream);
      const status = watch(stream.status$);
      yield 3_000;
      expect(seen.values.map(({ signal }) => signal.aborted)).toEqual([false, false]);
      seen.at(0).nack({ delayMs: 1_000 });
      seen.at(1).ack();
      yield 2_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'a']);
      seen.at(2).ack();
      yield 100;
      expect(stream.fate()).toEqual({ delivered: 3, acked: 2, nacked: 1, dead: 0, abandoned: 0, late: 0 });
      rig.stop();
      yield 1_000;
      expect(status.values.at(-1)).toMatchObject({
        reasons: ['reconnecting'],
        detail: expect.stringContaining('no leases'),
      });
      seen.unsubscribe();
    });
  });

  it('work goes on without a stop', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo(GENUINE);
      rig.enqueue('q', ...Array.from({ length: 100 }, (_, i) => String(i)));
      const stream = messages(rig, { window: { deliveries: 8 } });
      const seen = watch(stream.pipe(work((value) => Number(value), { concurrency: 4 })));
      yield 5_000;
      expect(seen.values).toHaveLength(100);
      expect(stream.fate()).toMatchObject({ delivered: 100, acked: 100 });
      seen.unsubscribe();
    });
  });
});
