import {
  InvalidTopicNameError,
  TopicAlreadyExistsError,
  TopicNotFoundError,
} from '../../../../src/codecs/lance/errors.js';
import { LanceClient } from '../../../../src/observables/lance/lance-client.js';
import { eventually } from '../../scene.js';
import { errorOf, put, valueOf, type Call, type Calls } from '../call.js';

const WEEK_MS = 7 * 86_400_000;
const ME = { consumerId: 42 };

const retained: Call = async ({ client }) => {
  const topic = await valueOf(client.createTopicWithRetention('logs', { maxAgeMs: WEEK_MS + 1, maxBytes: 1024 ** 3 }));
  expect(topic).toMatchObject({ name: 'logs', retention: { maxAgeMs: WEEK_MS + 1_000, maxBytes: 1024n ** 3n } });
};

const setRetention: Call = async ({ client }) => {
  const limits = await valueOf(client.setRetention(1, { maxAgeMs: 86_400_000 }));
  expect(limits).toMatchObject({ maxAgeMs: 86_400_000 });
  expect(await valueOf(client.setRetention('events', { maxBytes: 5 }))).toMatchObject({ maxBytes: 5n });
};

const books: Call = async (scene) => {
  const { client } = scene;
  put(scene, 'a', 'b');
  const subscribed = await valueOf(client.subscribe(1, { ...ME, startOffset: 6, maxBatchBytes: 65_536 }));
  expect(subscribed).toEqual({ consumerId: 42n, startOffset: 6n });
  expect(await valueOf(client.commitOffset('events', { ...ME, offset: 1024 }))).toEqual({
    consumerId: 42n,
    offset: 1024n,
  });
  // 0 asks for what was committed.
  expect(await valueOf(client.subscribe('events', ME))).toEqual({ consumerId: 42n, startOffset: 1024n });
  expect(await valueOf(client.unsubscribe(1, ME))).toBeUndefined();
  expect(await errorOf(client.subscribe(999, ME))).toBeInstanceOf(TopicNotFoundError);
};

export const clientCalls: Calls = {
  LanceClient: async ({ server }) => {
    const client = new LanceClient({ host: '127.0.0.1', port: server.port });
    expect(await valueOf(client.connect())).toBe(client);
    await valueOf(client.close());
  },
  'async with LanceClient': async ({ server }) => {
    const client = new LanceClient({ port: server.port });
    await valueOf(client.ping());
    expect(server.counters.connections.open).toBe(1);
    await client[Symbol.asyncDispose]();
    await eventually(() => server.counters.connections.open === 0);
  },
  'LanceClient.create_topic': async ({ client }) => {
    const topic = await valueOf(client.createTopic('my-events'));
    expect(topic).toMatchObject({ id: 2, name: 'my-events' });
    expect(await errorOf(client.createTopic('my-events'))).toBeInstanceOf(TopicAlreadyExistsError);
    expect(await valueOf(client.ensureTopic('my-events'))).toEqual(topic);
    expect(() => client.createTopic('my_events')).toThrow(InvalidTopicNameError);
  },
  'TopicInfo.id': async ({ client }) => {
    const { id, name, createdAt } = await valueOf(client.getTopic('events'));
    expect([id, name, typeof createdAt]).toEqual([1, 'events', 'bigint']);
  },
  'LanceClient.create_topic_with_retention': retained,
  'LanceClient.create_topic_with_retention(max_age_secs)': async ({ client }) => {
    const { retention } = await valueOf(client.createTopicWithRetention('logs', { maxAgeMs: 1_500 }));
    expect(retention.maxAgeMs).toBe(2_000);
    expect(retention.maxBytes).toBeUndefined();
  },
  'LanceClient.create_topic_with_retention(max_bytes)': async ({ client }) => {
    const { retention } = await valueOf(client.createTopicWithRetention('logs', { maxBytes: 0 }));
    expect(retention.maxBytes).toBe(0n);
    expect(retention.maxAgeMs).toBeUndefined();
  },
  'LanceClient.list_topics': async ({ client }) => {
    await valueOf(client.createTopic('more'));
    const topics = await valueOf(client.listTopics());
    expect(topics.map(({ name }) => name).sort()).toEqual(['events', 'more']);
  },
  'LanceClient.get_topic': async ({ client }) => {
    expect(await valueOf(client.getTopic(1))).toMatchObject({ id: 1, name: 'events' });
    expect(await valueOf(client.getTopic('events'))).toMatchObject({ id: 1, name: 'events' });
    expect(await errorOf(client.getTopic(999))).toBeInstanceOf(TopicNotFoundError);
  },
  'LanceClient.set_retention': setRetention,
  'LanceClient.set_retention(max_age_secs)': setRetention,
  'LanceClient.delete_topic': async ({ client }) => {
    expect(await valueOf(client.deleteTopic(1))).toBe(1);
    expect(await errorOf(client.getTopic(1))).toBeInstanceOf(TopicNotFoundError);
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
