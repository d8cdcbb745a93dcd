import {
  InvalidTopicNameError,
  TopicAlreadyExistsError,
  TopicNotFoundError,
} from '../../../../src/codecs/lance/errors.js';
import { LanceClient } from '../../../../src/observables/lance/lance-client.js';
import { embedded, errorOf, put, valueOf, type Call, type Calls, type EmbeddedCall } from '../call.js';

const WEEK_MS = 7 * 86_400_000;
const ME = { consumerId: 42 };

const retained: Call = async ({ client, topic: name }) => {
  const topic = await valueOf(
    client.createTopicWithRetention(`${name}-logs`, { maxAgeMs: WEEK_MS + 1, maxBytes: 1024 ** 3 }),
  );
  expect(topic).toMatchObject({
    name: `${name}-logs`,
    retention: { maxAgeMs: WEEK_MS + 1_000, maxBytes: 1024n ** 3n },
  });
};

const setRetention: Call = async ({ client, topic, id }) => {
  const limits = await valueOf(client.setRetention(id, { maxAgeMs: 86_400_000 }));
  expect(limits).toMatchObject({ maxAgeMs: 86_400_000 });
  expect(await valueOf(client.setRetention(topic, { maxBytes: 5 }))).toMatchObject({ maxBytes: 5n });
};

const books: Call = async (scene) => {
  const { client, topic, id } = scene;
  await put(scene, 'a', 'b');
  const subscribed = await valueOf(client.subscribe(id, { ...ME, startOffset: 6, maxBatchBytes: 65_536 }));
  expect(subscribed).toEqual({ consumerId: 42n, startOffset: 6n });
  expect(await valueOf(client.commitOffset(topic, { ...ME, offset: 1024 }))).toEqual({
    consumerId: 42n,
    offset: 1024n,
  });
  // 0 asks for what was committed.
  expect(await valueOf(client.subscribe(topic, ME))).toEqual({ consumerId: 42n, startOffset: 1024n });
  expect(await valueOf(client.unsubscribe(id, ME))).toBeUndefined();
  expect(await errorOf(client.subscribe(999_999, ME))).toBeInstanceOf(TopicNotFoundError);
};

const asyncWith: EmbeddedCall = async (_, server) => {
  const { total } = server.counters.connections;
  const client = new LanceClient({ port: server.port });
  await valueOf(client.ping());
  expect(server.counters.connections.total).toBe(total + 1);
  expect(client.metrics().connections.open).toBe(1);
  await client[Symbol.asyncDispose]();
  expect(client.metrics().connections.open).toBe(0);
};

export const clientCalls: Calls = {
  LanceClient: async ({ address }) => {
    const { hostname: host, port } = new URL(`lance://${address}`);
    const client = new LanceClient({ host, port: Number(port) });
    expect(await valueOf(client.connect())).toBe(client);
    await valueOf(client.close());
  },
  'async with LanceClient': embedded(asyncWith),
  'LanceClient.create_topic': async ({ client, topic: other, id }) => {
    const name = `${other}-more`;
    const topic = await valueOf(client.createTopic(name));
    expect(topic).toMatchObject({ id: id + 1, name });
    expect(await errorOf(client.createTopic(name))).toBeInstanceOf(TopicAlreadyExistsError);
    expect(await valueOf(client.ensureTopic(name))).toEqual(topic);
    expect(() => client.createTopic('my_events')).toThrow(InvalidTopicNameError);
  },
  'TopicInfo.id': async ({ client, topic, id: expected }) => {
    const { id, name, createdAt } = await valueOf(client.getTopic(topic));
    expect([id, name, typeof createdAt]).toEqual([expected, topic, 'bigint']);
  },
  'LanceClient.create_topic_with_retention': retained,
  'LanceClient.create_topic_with_retention(max_age_secs)': async ({ client, topic }) => {
    const { retention } = await valueOf(client.createTopicWithRetention(`${topic}-logs`, { maxAgeMs: 1_500 }));
    expect(retention.maxAgeMs).toBe(2_000);
    expect(retention.maxBytes).toBeUndefined();
  },
  'LanceClient.create_topic_with_retention(max_bytes)': async ({ client, topic }) => {
    const { retention } = await valueOf(client.createTopicWithRetention(`${topic}-logs`, { maxBytes: 0 }));
    expect(retention.maxBytes).toBe(0n);
    expect(retention.maxAgeMs).toBeUndefined();
  },
  'LanceClient.list_topics': async ({ client, topic }) => {
    await valueOf(client.createTopic(`${topic}-more`));
    const topics = await valueOf(client.listTopics());
    const own = topics.map(({ name }) => name).filter((name) => name.startsWith(topic));
    expect(own.sort()).toEqual([topic, `${topic}-more`]);
  },
  'LanceClient.get_topic': async ({ client, topic, id }) => {
    expect(await valueOf(client.getTopic(id))).toMatchObject({ id, name: topic });
    expect(await valueOf(client.getTopic(topic))).toMatchObject({ id, name: topic });
    expect(await errorOf(client.getTopic(999_999))).toBeInstanceOf(TopicNotFoundError);
  },
  'LanceClient.set_retention': setRetention,
  'LanceClient.set_retention(max_age_secs)': setRetention,
  'LanceClient.delete_topic': async ({ client, topic, id }) => {
    expect(await valueOf(client.deleteTopic(id))).toBe(id);
    expect(await errorOf(client.deleteTopic(topic))).toBeInstanceOf(TopicNotFoundError);
    expect(await errorOf(client.getTopic(id))).toBeInstanceOf(TopicNotFoundError);
  },
  'LanceClient.ping': async ({ client }) => {
    const roundTripMs = await valueOf(client.ping());
    expect(roundTripMs).toBeGreaterThanOrEqual(0);
    expect(roundTripMs).toBeLessThan(5_000);
  },
  'LanceClient.subscribe': books,
  'LanceClient.subscribe(topic_id)': books,
  'LanceClient.subscribe(start_offset)': books,
  'LanceClient.subscribe(max_batch_bytes)': books,
  'LanceClient.subscribe(consumer_id)': books,
  'LanceClient.commit_offset': books,
  'LanceClient.commit_offset(topic_id)': books,
  'LanceClient.commit_offset(consumer_id)': books,
  'LanceClient.commit_offset(offset)': books,
  'LanceClient.unsubscribe': books,
  'LanceClient.unsubscribe(topic_id)': books,
  'LanceClient.unsubscribe(consumer_id)': books,
};
