import { work } from '../../src/observables/delivery/operators/work.js';
import { virtually } from '../../tests/embedded/script.js';
import type { InMemoryFloOptions } from '../../src/embedded/flo/in-memory-flo-server.js';
import type { FloClientOptions } from '../../src/observables/flo/client-options.js';
import { Deliveries, Scene, valuesOf, Watch } from './scene.js';

const GENUINE: InMemoryFloOptions = { bodies: 'server', semantics: 'server' };
const TABLE: FloClientOptions = { protocol: 'v2-table' };

describe.each([
  ['v2-table', GENUINE, TABLE, {}],
  ['v2-table against a server with leases', {}, TABLE, {}],
  ['leases: false', GENUINE, {}, { leases: false }],
] as const)('queue.messages at most once: %s', (name, server, client, options) => {
  it('says so, renews nothing, and has nowhere for dead letters', () => {
    virtually(function* () {
      const scene = new Scene(server, client);
      scene.enqueue('a', 'b');
      const stream = scene.messages(options);
      expect(stream.guarantee).toBe('at-most-once');
      const seen = new Deliveries(stream);
      yield 60_000;
      expect(valuesOf(seen.values)).toContain('b');
      expect(() => seen.at(0).dead()).toThrow(expect.objectContaining({ code: 'NO_DEAD_LETTERS' }));
      seen.ackAll();
      yield 100;
      expect(scene.wire.touches).toEqual([]);
      expect(scene.wire.acks.flatMap(([, ...seqs]) => seqs)).toEqual(expect.arrayContaining([1, 2]));
      expect(stream.fate()).toMatchObject({ acked: seen.values.length, abandoned: 0 });
      seen.unsubscribe();
    });
  });

  it('a nacked message is kept here: nobody else has it any more', () => {
    virtually(function* () {
      const scene = new Scene(server, client);
      scene.enqueue('a', 'b', 'c');
      const seen = new Deliveries(scene.messages({ ...options, window: { deliveries: 3 } }));
      yield 100;
      for (const delivery of [...seen.values]) delivery.nack({ delayMs: 1_000 });
      yield 500;
      expect(scene.wire.nacks).toEqual([]);
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
      expect(seen.at(3).attempt).toBe(2);
      seen.unsubscribe();
    });
  });

  it('what is refused a lease in the options', () => {
    const scene = new Scene(server, client);
    const why = `messages are not leased with ${name === 'leases: false' ? name : 'protocol v2-table'}`;
    for (const option of ['visibilityTimeoutMs', 'maxLeaseMs']) {
      expect(() => scene.messages({ ...options, [option]: 1_000 })).toThrow(
        expect.objectContaining({ code: 'NOT_SUPPORTED', message: `${option}: ${why}` }),
      );
    }
    if (name !== 'leases: false') {
      expect(() => scene.messages({ leases: true })).toThrow(
        expect.objectContaining({ code: 'NOT_SUPPORTED', message: `leases: ${why}` }),
      );
    }
  });
});

describe('a server that turns out to have no leases', () => {
  it('is asked once; nothing is lost, and what is nacked is kept here', () => {
    virtually(function* () {
      const scene = new Scene(GENUINE);
      scene.enqueue('a', 'b');
      const stream = scene.messages({ visibilityTimeoutMs: 1_000, maxLeaseMs: 5_000 });
      const seen = new Deliveries(stream);
      const status = new Watch(stream.status$);
      yield 60_000;
      expect(scene.wire.touches).toHaveLength(1);
      expect(seen.values.map(({ signal }) => signal.aborted)).toEqual([false, false]);
      seen.at(0).nack({ delayMs: 1_000 });
      seen.at(1).ack();
      yield 2_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'a']);
      seen.at(2).ack();
      yield 100;
      expect(stream.fate()).toEqual({ delivered: 3, acked: 2, nacked: 1, dead: 0, abandoned: 0, late: 0 });
      expect(scene.wire.nacks).toEqual([]);
      scene.stop();
      yield 1_000;
      expect(status.values.at(-1)).toMatchObject({
        reasons: ['reconnecting'],
        detail: expect.stringContaining('no leases'),
      });
      seen.unsubscribe();
    });
  });

  it('work goes on without a stop', () => {
    virtually(function* () {
      const scene = new Scene(GENUINE);
      scene.enqueue(...Array.from({ length: 100 }, (_, i) => String(i)));
      const stream = scene.messages({ window: { deliveries: 8 } });
      const seen = new Watch(stream.pipe(work((value) => Number(value), { concurrency: 4 })));
      yield 5_000;
      expect(seen.values).toHaveLength(100);
      expect(stream.fate()).toMatchObject({ delivered: 100, acked: 100 });
      seen.unsubscribe();
    });
  });
});
