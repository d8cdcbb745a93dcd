import type { Observable } from 'rxjs';
import { floAnswer, floPeer, lancePeer, marbles, tlv, type FloWire } from 'sluice/testing';
import { ingestFrame } from '../../../src/codecs/lance/frames.js';
import type { FloClient } from '../../../src/observables/flo/flo-client.js';
import type { ChannelEvents } from '../../../src/transports/channel.js';

const NOBODY: ChannelEvents = {
  opened() {},
  target: () => new Uint8Array(64),
  received() {},
  drained() {},
  closed() {},
};

/** What is sent, with everything that can be said, in all generations. */
const COMMANDS: Readonly<Record<string, [ask: (client: FloClient) => Observable<unknown>, fields: object]>> = {
  ping: [(client) => client.ping(), { namespace: 'default' }],
  get: [(client) => client.kv.get('k'), { key: 'k', namespace: 'default' }],
  'a get that waits': [
    (client) => client.kv.get('k', { waitMs: 5, namespace: 'n' }),
    { key: 'k', waitMs: 5, waitFor: 'exists', namespace: 'n' },
  ],
  put: [(client) => client.kv.put('k', 'v'), { key: 'k', text: 'v', namespace: 'default' }],
  'a put on conditions': [
    (client) => client.kv.put('k', 'v', { ttlMs: 5_000, casVersion: 7n }),
    { key: 'k', text: 'v', ttlMs: 5_000, casVersion: 7, namespace: 'default' },
  ],
  delete: [(client) => client.kv.delete('k', { casVersion: 7n }), { key: 'k', casVersion: 7, namespace: 'default' }],
  enqueue: [
    (client) => client.queue.enqueue('q', 'm', { priority: 3 }),
    { queue: 'q', text: 'm', priority: 3, namespace: 'default' },
  ],
  dequeue: [
    (client) => client.queue.dequeue('q', 2, { blockMs: 9 }),
    { queue: 'q', count: 2, blockMs: 9, namespace: 'default' },
  ],
  ack: [(client) => client.queue.ack('q', [1n, 2n]), { queue: 'q', seqs: [1, 2], namespace: 'default' }],
  'an ack of numbers that are no safe ones': [
    (client) => client.queue.ack('q', [1n, 2n ** 53n + 1n]),
    { queue: 'q', seqs: [1, 2n ** 53n + 1n], namespace: 'default' },
  ],
  nack: [(client) => client.queue.nack('q', [1n]), { queue: 'q', seqs: [1], namespace: 'default' }],
};

describe.each(['v1-32', 'v2-table'] as const)('a request of Flo says the same in each generation: %s', (protocol) => {
  it.each(Object.entries(COMMANDS))('%s', (_, [ask, fields]) => {
    marbles(function* ({ watch }) {
      const { client, wire } = floPeer(() => undefined, { client: { protocol } });
      const asked = watch(ask(client));
      yield 30;
      const {
        name: _name,
        direction: _direction,
        connection: _connection,
        id: _id,
        operation: _operation,
        ...said
      } = wire.only('Ping', 'Get', 'Put', 'Delete', 'Enqueue', 'Dequeue', 'Ack', 'Nack').events[0]!.value;
      expect(said).toEqual(fields);
      asked.unsubscribe();
      yield 2_000;
    });
  });
});

describe('a request of Flo', () => {
  it('says a time to live as it was meant, though the server counts seconds', () => {
    marbles(({ flo, expectWire }) => {
      const { client, wire } = flo({ ttlUnit: 's', client: { ttlUnit: 's' } });
      client.kv.put('k', 'v', { ttlMs: 5_000 }).subscribe();
      expectWire(wire.only('Put')).toBe('20ms S', { S: { ttlMs: 5_000 } });
    });
  });
});

describe('an answer of Flo', () => {
  const answers = (wire: FloWire): readonly unknown[] => wire.received.events.slice(1).map(({ value }) => value);

  it('says how many dead letters there are where it does not list them', () => {
    marbles(function* ({ flo, watch }) {
      const { client, wire } = flo({ bodies: 'server' });
      watch(client.queue.dlqList('q'));
      yield 2_000;
      expect(answers(wire)).toMatchObject([{ name: 'DeadLetters', seqs: [], total: 0 }]);
    });
  });

  it('has numbers that are none as they are', () => {
    marbles(function* ({ watch }) {
      const { client, wire } = floPeer([
        ['Enqueue', floAnswer.enqueued(2n ** 60n + 1n)],
        ['Dequeue', floAnswer.messages({ seq: 2n ** 60n + 1n, payload: new Uint8Array(0) })],
      ]);
      watch(client.queue.enqueue('q', 'm'));
      yield 100;
      watch(client.queue.dequeue('q'));
      yield 2_000;
      expect(answers(wire)).toMatchObject([{ seq: 2n ** 60n + 1n }, { seqs: [2n ** 60n + 1n] }]);
    });
  });
});

describe('an ingest of Lance', () => {
  const INGEST = { topicId: 1, batchIdLow: 7, timestampMs: 0, recordCount: 1 };
  const seen = (frame: Uint8Array): object[] => {
    let events: object[] = [];
    marbles(function* () {
      const peer = lancePeer(() => undefined);
      const channel = peer.connector().connect(NOBODY);
      yield 20;
      channel.write(frame);
      yield 20;
      channel.close();
      events = peer.wire.only('Ingest', 'garbage').events.map(({ value }) => value);
      expect(peer.heard).toHaveLength(1);
    });
    return events;
  };

  it('whose records can’t be read is one all the same', () => {
    const frame = ingestFrame(INGEST, new Uint8Array([1, 0xff, 0xff, 0xff, 0xff]));
    expect(seen(frame)).toMatchObject([{ name: 'Ingest', batchId: 7, records: 1, bytes: 5, texts: [] }]);
  });

  it('has its whole number', () => {
    expect(seen(ingestFrame({ ...INGEST, batchIdHigh: 1 }, tlv('a')))).toMatchObject([{ batchId: 2 ** 32 + 7 }]);
  });
});
