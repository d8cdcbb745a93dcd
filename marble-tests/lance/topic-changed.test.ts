import { map } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { TopicChangedError } from '../../src/observables/lance/errors.js';
import { virtually } from '../../tests/embedded/script.js';
import { Wire } from '../../tests/embedded/wire.js';
import { Scene, textsIn, Watch } from './scene.js';

describe('consume: the topic is not the one it was', () => {
  function recreate(scene: Scene): void {
    scene.server.stop().subscribe();
    scene.server.start().subscribe();
    const wire = new Wire(scene.server.connector());
    wire.send(deleteTopicRequest(1), createTopicRequest('log'));
  }

  it('deleted and made anew while the connection was gone: TopicChangedError', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      yield 1500;
      recreate(scene);
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
      expect(seen.error).toMatchObject({ retryable: false, context: { name: 'log', id: 2 } });
    });
  });

  it('… with the same id', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume(1));
      yield 1500;
      const wire = new Wire(scene.server.connector());
      wire.send(deleteTopicRequest(1));
      // No poll sees the gap: the reply to the next one is late, and the connection breaks.
      scene.server.faults.delayNextReplies(1, 1000);
      yield 21;
      scene.stop();
      scene.start();
      scene.append('log', 'b');
      expect(scene.server.topic('log')?.id).toBe(1);
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
    });
  });

  it('… with another id, on the same connection', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log', { maxFetchBytes: 6 }));
      yield 1500;
      new Wire(scene.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicChangedError);
      expect(scene.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it.each(['log', 1])('deleted: TopicNotFoundError (%s)', (topic) => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume(topic));
      yield 1500;
      new Wire(scene.server.connector()).send(deleteTopicRequest(1));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('deleted while the connection was gone: TopicNotFoundError', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log'));
      yield 1500;
      scene.server.stop().subscribe();
      scene.server.start().subscribe();
      new Wire(scene.server.connector()).send(deleteTopicRequest(1));
      yield 1000;
      expect(seen.error).toBeInstanceOf(TopicNotFoundError);
    });
  });

  it('a server that contradicts itself is asked again, after pauses', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.failNextCommands(2, 'Topic 1 not found', Command.Fetch);
      const seen = new Watch(scene.client.consume('log').pipe(map(({ value }) => textsIn(value))));
      yield 1000;
      expect(seen.values).toEqual([['a']]);
      expect(scene.wire.connectedAtMs).toHaveLength(3);
      seen.unsubscribe();
    });
  });
});
