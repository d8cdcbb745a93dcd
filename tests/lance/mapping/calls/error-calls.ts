import {
  AccessDeniedError,
  BackpressureError,
  ConnectionError,
  InvalidFrameError,
  LanceError,
  NotLeaderError,
  ServerCatchingUpError,
  TopicNotFoundError,
} from '../../../../src/codecs/lance/errors.js';
import { SluiceError } from '../../../../src/foundation/errors.js';
import { ScriptedServer } from '../../scene.js';
import {
  embedded,
  errorOf,
  put,
  valueOf,
  withConsumer,
  withProducer,
  type Call,
  type Calls,
  type EmbeddedCall,
} from '../call.js';

const notLeader: EmbeddedCall = async ({ newClient }, server) => {
  server.setCluster({ role: 'follower', leaderAddr: '127.0.0.1:1993', answer: 'redirect' });
  const error = await errorOf(newClient({ maxRedirects: 0 }).createTopic('more'));
  expect(error).toBeInstanceOf(NotLeaderError);
  expect(error).toMatchObject({ leaderAddr: '127.0.0.1:1993', retryable: true });
};

const catchingUp: Call = async (scene) => {
  await put(scene, 'a');
  // Three times without progress takes 10 s on the wire: the server is asked once here, the rest is a marble test.
  await withConsumer(
    scene,
    async (consumer) => {
      await valueOf(consumer.seek(1_000));
      expect(await valueOf(consumer.poll({ timeoutMs: 100 }))).toBeUndefined();
    },
    { autoCommitIntervalMs: 0 },
  );
  const stream = scene.newClient().consume(scene.topic, { from: 1_000n, catchingUp: { pauseMs: 1, attempts: 3 } });
  const error = await errorOf(stream);
  expect(error).toBeInstanceOf(ServerCatchingUpError);
  expect(error).toMatchObject({ serverOffset: 6n, retryable: true });
};

const isRetryable: EmbeddedCall = async ({ client, id }, server) => {
  for (const [words, retryable] of [
    ['Topic 7 not found', false],
    ['FORWARD_FAILED: no leader', true],
  ] as const) {
    server.faults.failNextCommands(1, words);
    const error = await errorOf(client.getTopic(id));
    expect(error).toBeInstanceOf(LanceError);
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as LanceError).isRetryable()).toBe(retryable);
    expect((error as LanceError).retryable).toBe(retryable);
  }
};

const accessDenied: EmbeddedCall = async ({ client }, server) => {
  server.faults.failNextCommands(1, 'Authentication required');
  const error = await errorOf(client.listTopics());
  expect(error).toBeInstanceOf(AccessDeniedError);
  expect(error).toMatchObject({ retryable: false });
};

export const errorCalls: Calls = {
  LanceError: embedded(isRetryable),
  'LanceError.is_retryable': embedded(isRetryable),
  ConnectionError: async ({ newClient }) => {
    expect(await errorOf(newClient({ host: '127.0.0.1', port: 1 }).ping())).toBeInstanceOf(ConnectionError);
  },
  BackpressureError: async (scene) =>
    withProducer(
      scene,
      async (producer) => {
        await valueOf(producer.sendAsync(scene.topic, 'x'.repeat(90)));
        expect(await errorOf(producer.send(scene.topic, 'x'.repeat(90)))).toBeInstanceOf(BackpressureError);
      },
      { bufferBytes: 100 },
    ),
  TopicNotFoundError: async (scene) => {
    expect(await errorOf(scene.client.getTopic('mapping-nowhere'))).toBeInstanceOf(TopicNotFoundError);
    await withProducer(scene, async (producer) => {
      const error = await errorOf(producer.send(999_999, 'test'));
      expect(error).toBeInstanceOf(TopicNotFoundError);
      expect(error).toMatchObject({ retryable: false });
    });
  },
  NotLeaderError: embedded(notLeader),
  'NotLeaderError.leader_addr': embedded(notLeader),
  ServerCatchingUpError: catchingUp,
  'ServerCatchingUpError.server_offset': catchingUp,
  AccessDeniedError: embedded(accessDenied),
  InvalidFrameError: async ({ newClient }) => {
    const other = new ScriptedServer((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n'.repeat(4)));
    const port = await other.listen();
    // A command can't know whether the bad frame was its answer; a stream that gets nothing else gives up with it.
    expect(await errorOf(newClient({ host: '127.0.0.1', port }).listTopics())).toMatchObject({
      cause: { code: InvalidFrameError.code },
    });
    expect(await errorOf(newClient({ host: '127.0.0.1', port }).consume('events'))).toBeInstanceOf(InvalidFrameError);
    await other.close();
  },
};
