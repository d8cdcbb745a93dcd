import { clock } from '../../src/foundation/clock.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { marbles } from '../../src/testing.js';
import type { Connector } from '../../src/transports/channel.js';
import { ChannelError } from '../../src/transports/channel-error.js';

const reconnect = { jitter: 'none', maxAttempts: 3 } as const;

/** A way to a server that is down, by default on the same machine: whoever connects is refused at once, on a turn of its own. */
function down(codes: readonly string[] = ['ECONNREFUSED'], afterMs = 0): Connector {
  let attempts = 0;
  return {
    address: 'down',
    connect: (events) => {
      const code = codes[Math.min(attempts++, codes.length - 1)];
      const failing = clock.after(afterMs, () => events.closed(ChannelError.of('down', { code, syscall: 'connect' })));
      return { write: () => false, close: () => failing.unsubscribe() };
    },
  };
}

describe('the status of a client whose server is down', () => {
  it('is told once, not again with each attempt: it is reconnecting until the stream gives up', () => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: down(), reconnect });
      const seen = watch(client.status$);
      yield 10;
      const read = watch(client.consume('log').pipe(autoAck()));
      yield 5_000;
      expect(read.endedAtMs).toBe(710);
      expect(seen.values).toEqual([
        { state: 'idle', sinceMs: 0, address: 'down', detail: '' },
        { state: 'reconnecting', sinceMs: 10, address: 'down', detail: 'down: connect ECONNREFUSED' },
        { state: 'disconnected', sinceMs: 710, address: 'down', detail: 'down: connect ECONNREFUSED' },
      ]);
    });
  });

  it('says since when it is so, to one who asks later as well, also when the reason is another', () => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: down(['ECONNREFUSED', 'EHOSTUNREACH']), reconnect });
      const early = watch(client.status$);
      yield 10;
      const read = watch(client.consume('log').pipe(autoAck()));
      yield 600;
      const late = watch(client.status$);
      read.unsubscribe();
      const told = [...early.values.slice(1), ...late.values].map(({ state, sinceMs, detail }) => [
        state,
        sinceMs,
        detail,
      ]);
      expect(told).toEqual([
        ['reconnecting', 10, 'down: connect ECONNREFUSED'],
        ['reconnecting', 10, 'down: connect EHOSTUNREACH'],
        ['reconnecting', 10, 'down: connect EHOSTUNREACH'],
      ]);
    });
  });

  it('says so where nobody listened meanwhile', () => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: down(), reconnect });
      yield 10;
      const read = watch(client.consume('log').pipe(autoAck()));
      yield 600;
      expect(watch(client.status$).values).toMatchObject([{ state: 'reconnecting', sinceMs: 10 }]);
      read.unsubscribe();
    });
  });

  it('is steady, too, where each attempt takes its time, and however the stream ends', () => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: down(['ETIMEDOUT'], 150), reconnect: { jitter: 'none' } });
      const seen = watch(client.status$);
      const read = watch(client.consume('log').pipe(autoAck()));
      yield 10_000;
      read.unsubscribe();
      yield 1_000;
      expect(seen.values.map(({ state, sinceMs }) => [state, sinceMs])).toEqual([
        ['idle', 0],
        ['connecting', 0],
        ['reconnecting', 150],
        ['disconnected', 10_000],
      ]);
    });
  });

  it('is steady for those who watch topics$, and over when nobody does', () => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: down(['ETIMEDOUT'], 150), reconnect: { jitter: 'none' } });
      const seen = watch(client.status$);
      const topics = watch(client.topics$);
      yield 5_000;
      topics.unsubscribe();
      yield 1_000;
      expect(seen.values.map(({ state, sinceMs }) => [state, sinceMs])).toEqual([
        ['idle', 0],
        ['connecting', 0],
        ['reconnecting', 150],
        ['disconnected', 5_000],
      ]);
    });
  });
});

it('a stream whose server is down: reconnecting once, since the first failure, then ended', () => {
  marbles(function* ({ watch }) {
    const stream = new LanceClient({ connector: down(), reconnect }).consume('log');
    const seen = watch(stream.status$);
    yield 10;
    const read = watch(stream.pipe(autoAck()));
    yield 5_000;
    expect(read.endedAtMs).toBe(710);
    expect(seen.values.map(({ state, reasons, sinceMs }) => [state, ...reasons, sinceMs])).toEqual([
      ['paused', 'user', 0],
      ['paused', 'reconnecting', 10],
      ['ended', 710],
    ]);
  });
});

it('a producer: what comes and goes within one turn is no news', () => {
  marbles(function* ({ watch }) {
    let peer: { opened(): void; drained(): void } | undefined;
    let takes = true;
    const connector: Connector = {
      address: 'slow',
      connect: (events) => {
        peer = events;
        return { write: () => takes, close: () => {} };
      },
    };
    const producer = new Producer({ connector, batching: 'linger', batchSize: 64 });
    const seen = watch(producer.status$);
    watch(producer.send(1, 'a'.repeat(100)));
    peer?.opened();
    yield 10;
    const before = seen.values.length;
    takes = false;
    watch(producer.send(1, 'b'.repeat(100)));
    expect(watch(producer.status$).values).toMatchObject([{ state: 'connected', reasons: ['socket'] }]);
    peer?.drained();
    yield 10;
    expect(seen.values.slice(before)).toEqual([]);
    expect(seen.values.at(-1)).toMatchObject({ state: 'connected', reasons: [] });
    watch(producer.close({ deadlineMs: 0 }));
  });
});
