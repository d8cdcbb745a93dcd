import { map } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { TopicChangedError } from '../../src/observables/lance/connection/errors.js';
import { lanceAnswer, lancePeer, marbles, tlv } from '../../src/testing.js';
import { type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { Wire } from '../../tests/embedded/wire.js';
import { textsIn } from './records.js';

describe('consume: the topic is not the one it was', () => {
  function recreate(rig: LanceRig): void {
    rig.server.stop().subscribe();
    rig.server.start().subscribe();
    const wire = new Wire(rig.server.connector());
    wire.send(deleteTopicRequest(1), createTopicRequest('log'));
  }

  it('deleted and made anew while the connection was gone: TopicChangedError', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log'));
      yield 1500;
      recreate(rig);
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
      expect(seen.error).toMatchObject({ retryable: false, context: { name: 'log', id: 2 } });
    });
  });

  it('… with the same id', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume(1));
      yield 1500;
      const wire = new Wire(rig.server.connector());
      wire.send(deleteTopicRequest(1));
      // No poll sees the gap: the reply to the next one is late, and the connection breaks.
      rig.server.faults.delayNextReplies(1, 1000);
      yield 21;
      rig.stop();
      rig.start();
      rig.append('log', 'b');
      expect(rig.server.topic('log')?.id).toBe(1);
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
    });
  });

  it('… with another id, on the same connection', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log', { maxFetchBytes: 6 }));
      yield 1500;
      new Wire(rig.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
      expect(rig.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it.each(['log', 1])('deleted: TopicNotFoundError (%s)', (topic) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume(topic));
      yield 1500;
      new Wire(rig.server.connector()).send(deleteTopicRequest(1));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('deleted while the connection was gone: TopicNotFoundError', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log'));
      yield 1500;
      rig.server.stop().subscribe();
      rig.server.start().subscribe();
      new Wire(rig.server.connector()).send(deleteTopicRequest(1));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('a server that contradicts itself is asked again, after pauses', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.failNextCommands(2, 'Topic 1 not found', Command.Fetch);
      expectWire(rig.wire.only('C', 'L', 'F', 'e', 'f', 'X')).toBe(
        'C 19ms L 19ms F 19ms (eL) 16ms X 99ms C 19ms L 19ms F 19ms (eL) 16ms X 199ms C 19ms L 19ms F 19ms (fF)------X',
      );
      const seen = watch(rig.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 530;
      expect(seen.values).toEqual([['a']]);
      seen.unsubscribe();
    });
  });
});

describe('a name that the server lists twice, as it does when two clients have created it at the same moment', () => {
  const [first, second] = [
    { name: 'log', id: 7 },
    { name: 'log', id: 8 },
  ];

  it('means the topic with the lower id to everyone, in whatever order they are listed', () => {
    marbles(function* ({ watch }) {
      const { client, heard } = lancePeer([
        ['ListTopics', lanceAnswer.topics(second, first)],
        ['ListTopics', lanceAnswer.topics(first, second)],
      ]);
      const found = [watch(client.getTopic('log'))];
      yield 100;
      found.push(watch(client.getTopic('log')));
      yield 100;
      expect(found.map(({ values }) => values[0]?.id)).toEqual([7, 7]);
      expect(heard).toHaveLength(2);
    });
  });

  it('goes on being that topic after a reconnect', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer([
        ['ListTopics', lanceAnswer.topics(first, second)],
        [{ name: 'Fetch', start: 0 }, lanceAnswer.fetched(0, tlv('a'))],
        [{ name: 'Fetch', start: 6 }],
        ['ListTopics', lanceAnswer.topics(second, first)],
        [{ name: 'Fetch', start: 6, topicId: 7 }, lanceAnswer.fetched(6, tlv('b'))],
        [{ name: 'Fetch', start: 12 }],
      ]);
      const seen = watch(peer.client.consume('log').pipe(autoAck(), records()));
      yield 200;
      peer.ends[0]?.destroy();
      yield 2_000;
      expect(seen.error).toBeUndefined();
      expect(seen.values.map((record) => record.text())).toEqual(['a', 'b']);
      seen.unsubscribe();
    });
  });
});
