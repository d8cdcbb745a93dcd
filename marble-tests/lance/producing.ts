import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import type { Producer } from '../../src/observables/lance/producer.js';
import { until } from '../../tests/embedded/script.js';
import { Scene, Watch } from './scene.js';
import { textsOf } from './wiretap.js';

/** The records of each ingest frame, joined. */
export const framesIn = (scene: Scene): string[] => scene.wire.ingests.map((frame) => textsOf(frame).join(''));

/** The records that the server has of a topic. */
export const storedIn = (scene: Scene, topic = 'log'): string[] =>
  decodeRecords(scene.server.read(topic)).records.map(({ value }) => Buffer.from(value).toString());

/** The same, joined. */
export const dataIn = (scene: Scene, topic = 'log'): string => storedIn(scene, topic).join('');

/** A scene with a topic, and a producer that is connected, knows its id, and has sent one record: `!`. */
export function* connected(
  options: Parameters<Scene['producer']>[0] = {},
): Generator<number, { scene: Scene; producer: Producer }> {
  const scene = new Scene({ ackDelayMs: 5 });
  scene.server.createTopic('log');
  const producer = scene.producer(options);
  const first = new Watch(producer.send('log', '!'));
  new Watch(producer.flush());
  yield* until(() => first.ended === 'complete');
  scene.wire.frames.length = 0;
  return { scene, producer };
}
