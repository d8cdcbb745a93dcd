import { TopicNotFoundError } from '../../../../src/codecs/lance/errors.js';
import { TlvRecord } from '../../../../src/codecs/lance/tlv.js';
import { Producer } from '../../../../src/observables/lance/producing/producer.js';
import { errorOf, stored, valueOf, withProducer, type Call, type Calls } from '../call.js';

const send: Call = async (scene) =>
  withProducer(scene, async (producer) => {
    expect(await valueOf(producer.send(scene.id, Buffer.from('by id')))).toBe(1n);
    expect(await valueOf(producer.send(scene.topic, 'by name'))).toBe(2n);
    await valueOf(producer.send(scene.id, TlvRecord.json({ a: 1 })));
    expect(await stored(scene)).toEqual(['by id', 'by name', '{"a":1}']);
    expect(await errorOf(producer.send(999_999, 'nowhere'))).toBeInstanceOf(TopicNotFoundError);
  });

const sendAsync: Call = async (scene) =>
  withProducer(scene, async (producer) => {
    const ids = [
      await valueOf(producer.sendAsync(scene.id, Buffer.from('fire'))),
      await valueOf(producer.sendAsync(scene.topic, 'and forget')),
    ];
    expect(ids[0]).toBe(1n);
    expect(producer.bufferedBytes).toBeGreaterThan(0);
    await valueOf(producer.flush());
    expect(producer.bufferedBytes).toBe(0);
    expect(await stored(scene)).toEqual(['fire', 'and forget']);
  });

const sendBatch: Call = async (scene) =>
  withProducer(scene, async (producer) => {
    const records = [TlvRecord.json(Buffer.from('{"a":1}')), TlvRecord.json(Buffer.from('{"b":2}'))];
    expect(await valueOf(producer.sendBatch(scene.id, records))).toBe(1n);
    expect(await valueOf(producer.sendBatch(scene.topic, ['c', Buffer.from('d')]))).toBe(2n);
    expect(await stored(scene)).toEqual(['{"a":1}', '{"b":2}', 'c', 'd']);
    if (scene.server !== undefined) expect(scene.server.counters.frames.ingest).toBe(2);
  });

export const producerCalls: Calls = {
  Producer: async (scene) => {
    const { hostname: host, port } = new URL(`lance://${scene.address}`);
    const producer = new Producer({ host, port: Number(port) });
    await valueOf(producer.send(scene.topic, 'made by new'));
    await valueOf(producer.close());
    expect(await stored(scene)).toEqual(['made by new']);
  },
  'Producer.connect': async ({ address }) => {
    const producer = await valueOf(Producer.connect(address));
    expect(producer).toBeInstanceOf(Producer);
    await valueOf(producer.close());
  },
  'Producer.send': send,
  'Producer.send(topic_id)': send,
  'Producer.send(data)': send,
  'Producer.send_async': sendAsync,
  'Producer.send_async(topic_id)': sendAsync,
  'Producer.send_async(data)': sendAsync,
  'Producer.send_batch': sendBatch,
  'Producer.send_batch(topic_id)': sendBatch,
  'Producer.send_batch(records)': sendBatch,
  'Producer.flush': sendAsync,
  'Producer.close': async (scene) => {
    const producer = await valueOf(Producer.connect(scene.address));
    await valueOf(producer.sendAsync(scene.topic, 'not yet acknowledged'));
    await valueOf(producer.close());
    expect(await stored(scene)).toEqual(['not yet acknowledged']);
    expect(await errorOf(producer.send(scene.topic, 'late'))).toMatchObject({ retryable: false });
  },
};
