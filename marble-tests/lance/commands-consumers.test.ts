import { concat } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ProtocolError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { ackFrame } from '../../src/codecs/lance/frames.js';
import { commitAckResponse, subscribeAckResponse } from '../../src/codecs/lance/replies.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { lanceAnswer, lancePeer, marbles } from '../../src/testing.js';

const LARGEST = 2n ** 64n - 1n;

describe('the books that a server keeps of consumers', () => {
  it('subscribe, commitOffset, unsubscribe: what goes out and what comes back', () => {
    marbles(({ expectObservable, expectWire, lance }) => {
      const { client, server, wire } = lance();
      server.createTopic('log');
      const all = concat(
        client.subscribe(1, { consumerId: 42, startOffset: 7, maxBatchBytes: 65_536 }),
        client.commitOffset('log', { consumerId: 42n, offset: 1_024n }),
        client.unsubscribe('log', { consumerId: 42 }),
      );
      expectObservable(all).toBe('40ms s 39ms c 39ms (u|)', {
        s: { consumerId: 42n, startOffset: 7n },
        c: { consumerId: 42n, offset: 1_024n },
        u: undefined,
      });
      // An Unsubscribe is answered by an ack of the consumer's id.
      expectWire(wire.only('S', 's', 'O', 'm', 'U', 'a')).toBe('20ms S 19ms s 19ms O 19ms m 19ms U 19ms a', {
        S: { name: 'Subscribe', topicId: 1, startOffset: 7, maxBatchBytes: 65_536, consumerId: 42 },
        O: { name: 'CommitOffset', topicId: 1, consumerId: 42, offset: 1_024 },
        U: { name: 'Unsubscribe', topicId: 1, consumerId: 42 },
        a: { name: 'Ack', batchId: 42 },
      });
    });
  });

  it('subscribe at 0, the default, tells what was committed, also after unsubscribe; ids have 64 bits', () => {
    marbles(({ expectObservable, lance }) => {
      const { client, server } = lance();
      server.createTopic('log');
      const all = concat(
        client.commitOffset(1, { consumerId: LARGEST, offset: LARGEST - 1n }),
        client.unsubscribe(1, { consumerId: LARGEST }),
        client.subscribe(1, { consumerId: LARGEST }),
        client.subscribe(1, { consumerId: LARGEST, startOffset: 1 }),
        client.subscribe(1, { consumerId: 1 }),
      );
      expectObservable(all).toBe('40ms a 19ms b 19ms c 19ms d 19ms (e|)', {
        a: { consumerId: LARGEST, offset: LARGEST - 1n },
        b: undefined,
        c: { consumerId: LARGEST, startOffset: LARGEST - 1n },
        d: { consumerId: LARGEST, startOffset: 1n },
        e: { consumerId: 1n, startOffset: 0n },
      });
    });
  });

  it('unknown topics: the server refuses to subscribe, and takes the rest', () => {
    marbles(function* ({ lance, watch }) {
      const { client } = lance();
      const named = watch(client.unsubscribe('no', { consumerId: 1 }));
      const subscribe = watch(client.subscribe(9, { consumerId: 1 }));
      const commit = watch(client.commitOffset(9, { consumerId: 1, offset: 2 }));
      const unsubscribe = watch(client.unsubscribe(9, { consumerId: 1 }));
      yield 100;
      expect([named.error, subscribe.error]).toEqual([
        expect.any(TopicNotFoundError) as unknown,
        expect.any(TopicNotFoundError) as unknown,
      ]);
      expect([commit.ended, unsubscribe.ended]).toEqual(['complete', 'complete']);
    });
  });

  it.each([
    ['subscribe', subscribeAckResponse({ consumerId: 2n, startOffset: 0n })],
    ['subscribe', ackFrame(1)],
    ['commitOffset', commitAckResponse({ consumerId: 2n, committedOffset: 1n })],
    ['unsubscribe', ackFrame(2)],
    ['unsubscribe', lanceAnswer.keepalive()],
  ] as const)('%s: a reply of another kind or for another consumer is an error of the protocol', (method, reply) => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(() => reply);
      const { client } = peer;
      const seen = watch<unknown>(
        method === 'subscribe'
          ? client.subscribe(1, { consumerId: 1 })
          : method === 'unsubscribe'
            ? client.unsubscribe(1, { consumerId: 1 })
            : client.commitOffset(1, { consumerId: 1, offset: 1 }),
      );
      yield 100;
      expect(seen.error).toBeInstanceOf(ProtocolError);
      expect(peer.wire.open).toBe(0);
    });
  });

  it('bad input is refused before anything is sent', () => {
    const client = new LanceClient();
    for (const consumerId of [-1, 1.5, 2 ** 53, -1n, LARGEST + 1n, '42' as never, undefined as never]) {
      expect(() => client.subscribe(1, { consumerId })).toThrow('subscribe.consumerId');
      expect(() => client.commitOffset(1, { consumerId, offset: 0 })).toThrow('commitOffset.consumerId');
      expect(() => client.unsubscribe(1, { consumerId })).toThrow('unsubscribe.consumerId');
    }
    expect(() => client.subscribe(1, { consumerId: 1, startOffset: -1 })).toThrow('subscribe.startOffset');
    expect(() => client.subscribe(1, { consumerId: 1, maxBatchBytes: 2 ** 32 })).toThrow('subscribe.maxBatchBytes');
    expect(() => client.commitOffset(1, { consumerId: 1, offset: 0.5 })).toThrow('commitOffset.offset');
    expect(() => client.subscribe(0, { consumerId: 1 })).toThrow(InvalidOptionError);
    expect(() => client.unsubscribe(1, { consumer: 1 } as never)).toThrow('did you mean consumerId?');
  });

  it('clusterStatus: what a server that stands alone says', () => {
    marbles(({ expectObservable, lance }) => {
      expectObservable(lance().client.clusterStatus()).toBe('40ms (s|)', {
        s: {
          ...{ nodeId: 0, isLeader: true, leaderId: 0, currentTerm: 0n, nodeCount: 1, healthyNodes: 1 },
          ...{ quorumAvailable: true, peerStates: {}, mode: 'standalone' },
        },
      });
    });
  });

  it('clusterStatus: another reply is an error of the protocol', () => {
    marbles(function* ({ watch }) {
      const { client, wire } = lancePeer([['GetClusterStatus', lanceAnswer.topics()]]);
      const seen = watch(client.clusterStatus());
      yield 100;
      expect(seen.error).toBeInstanceOf(ProtocolError);
      expect(wire.commands(Command.GetClusterStatus)).toHaveLength(1);
    });
  });
});
