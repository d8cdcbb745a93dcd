import { clock } from '../../src/foundation/clock.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles } from '../../src/testing.js';
import type { Connector } from '../../src/transports/channel.js';

const reconnect = { jitter: 'none' } as const;

/** A way to a server that takes connections and says nothing, as one does that hangs, or whose answers a firewall drops. */
const silent: Connector = {
  address: 'silent',
  connect: (events) => {
    const opening = clock.after(10, () => events.opened());
    return { write: () => true, close: () => opening.unsubscribe() };
  },
};

describe('the status of a client whose server says nothing', () => {
  it.each([
    ['a stream', 'ListTopics', (client: LanceClient) => client.consume('log').pipe(autoAck())],
    ['a sink', 'acknowledgement', (client: LanceClient) => client.sink(1)(['a'])],
  ])('%s that connects again: the status says why', (_, what, begin) => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: silent, reconnect, requestTimeoutMs: 1_000 });
      const seen = watch(client.status$);
      const work = watch<unknown>(begin(client));
      yield 1_050;
      work.unsubscribe();
      yield 10;
      expect(seen.values).toMatchObject([
        { state: 'idle', detail: '' },
        { state: 'connecting', detail: '' },
        { state: 'connected', detail: '' },
        { state: 'reconnecting', sinceMs: 1_010, detail: expect.stringContaining(what) as string },
        { state: 'disconnected', detail: expect.stringContaining(what) as string },
      ]);
      expect(client.metrics().connections).toEqual({ open: 0, opened: 1, failed: 0, lost: 1 });
    });
  });

  it('a command without an answer has lost its connection: it is disconnected, not idle', () => {
    marbles(function* ({ watch }) {
      const client = new LanceClient({ connector: silent, requestTimeoutMs: 1_000 });
      const seen = watch(client.status$);
      const ping = watch(client.ping());
      yield 1_500;
      expect(ping.error).toMatchObject({ code: 'LANCE_TIMEOUT' });
      expect(seen.values.at(-1)).toMatchObject({ state: 'disconnected', sinceMs: 1_010 });
      expect(seen.values.at(-1)?.detail).toContain('no reply to a keepalive within 1000 ms');
      watch(client.close());
      yield 1;
      expect(seen.values.at(-1)?.state).toBe('closed');
    });
  });
});
