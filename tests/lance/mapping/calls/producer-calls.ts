import { TopicNotFoundError } from '../../../../src/codecs/lance/errors.js';
import { decodeRecords, TlvRecord } from '../../../../src/codecs/lance/tlv.js';
import { Producer } from '../../../../src/observables/lance/producing/producer.js';
import { errorOf, text, valueOf, withProducer, type Call, type Calls, type Scene } from '../call.js';

/** What the topic holds now. */
const stored = ({ server }: Scene): string[] =>
  decodeRecords(server.read('events')).records.map(({ value }) => text(value));

const send: Call = async (scene) =>
  withProducer(scene, async (producer) => {
    expect(await valueOf(producer.send(1, Buffer.from('by id')))).toBe(1n);
    expect(await valueOf(producer.send('events', 'by name'))).toBe(2n);
    await valueOf(producer.send(1, TlvRecord.json({ a: 1 })));
    expect(stored(scene)).toEqual(['by id', 'by name', '{"a":1}']);
    expect(await errorOf(producer.send(99, 'nowhere'))).toBeInstanceOf(TopicNotFoundError);
  });

const sendAsync: Call = async (scene) =>
  withProducer(scene, async (producer) => {
    const ids = [
      await valueOf(producer.sendAsync(1, Buffer.from('fire'))),
      await valueOf(producer.sendAsync('events', 'and forget')),
    ];
    expect(ids[0]).toBe(1n);
    expect(producer.bufferedBytes).toBeGreaterThan(0);
    await valueOf(producer.flush());
    expect(producer.bufferedBytes).toBe(0);
    expect(stored(scene)).toEqual(['fire', 'and forget']);
  });

const sendBatch: Call = async (scene) =>
  withProducer(scene, async (producer) => {
    const records = [TlvRecord.json(Buffer.from('{"a":1}')), TlvRecord.json(Buffer.from('{"b":2}'))];
    expect(await valueOf(producer.sendBatch(1, records))).toBe(1n);
    expect(await valueOf(producer.sendBatch('events', ['c', Buffer.from('d')]))).toBe(2n);
    expect(stored(scene)).toEqual(['{"a":1}', '{"b":2}', 'c', 'd']);
    expect(scene.server.counters.frames.ingest).toBe(2);
  });

export const producerCalls: Calls = {
  Producer: async (scene) => {
    const producer = new Producer({ port: scene.server.port });
    await valueOf(producer.send('events', 'made by new'));
    await valueOf(producer.close());
    expect(stored(scene)).toEqual(['made by new']);
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
    await valueOf(producer.sendAsync('events', 'not yet acknowledged'));
    await valueOf(producer.close());
    expect(stored(scene)).toEqual(['not yet acknowledged']);
    expect(await errorOf(producer.send('events', 'late'))).toMatchObject({ retryable: false });
  },
};
