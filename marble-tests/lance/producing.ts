import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import type { Producer } from '../../src/observables/lance/producing/producer.js';
import { until, Watch } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';

/** The records of each ingest frame, joined. */
export const framesIn = (rig: LanceRig): string[] => rig.wire.ingests.map(({ texts }) => texts.join(''));

/** The records that the server has of a topic. */
export const storedIn = (rig: LanceRig, topic = 'log'): string[] =>
  decodeRecords(rig.server.read(topic)).records.map(({ value }) => Buffer.from(value).toString());

/** The same, joined. */
export const dataIn = (rig: LanceRig, topic = 'log'): string => storedIn(rig, topic).join('');

/** A rig with a topic, and a producer that is connected, knows its id, and has sent one record: `!`. */
export function* connected(
  options: Parameters<LanceRig['producer']>[0] = {},
): Generator<number, { rig: LanceRig; producer: Producer }> {
  const rig = lanceRig({ ackDelayMs: 5 });
  rig.server.createTopic('log');
  const producer = rig.producer(options);
  const first = new Watch(producer.send('log', '!'));
  new Watch(producer.flush());
  yield* until(() => first.ended === 'complete');
  rig.wire.clear();
  return { rig, producer };
}
