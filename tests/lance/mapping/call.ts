import type { Observable } from 'rxjs';
import type { LanceServer } from '../../../src/embedded/lance/lance-server.js';
import { StandaloneConfig } from '../../../src/observables/lance/configs/standalone-config.js';
import type { LanceClientOptions } from '../../../src/observables/lance/connection/client-options.js';
import type { LanceClient } from '../../../src/observables/lance/lance-client.js';
import { Producer } from '../../../src/observables/lance/producing/producer.js';
import type { ProducerOptions } from '../../../src/observables/lance/producing/producer-options.js';
import { StandaloneConsumer } from '../../../src/observables/lance/standalone/standalone-consumer.js';
import type { StandaloneOptions } from '../../../src/observables/lance/standalone/standalone-options.js';
import { tlv } from '../scene.js';

/** What a row of the mapping is called with: a server on a socket, with a topic `events` whose id is 1, and its clients. */
export interface Scene {
  readonly server: LanceServer;
  readonly address: string;
  readonly client: LanceClient;
  newClient(options?: LanceClientOptions): LanceClient;
}

/** Does what a row says, and checks that it has happened. */
export type Call = (scene: Scene) => Promise<void>;

export type Calls = Readonly<Record<string, Call>>;

/** The value of a command. */
export async function valueOf<T>(source: Observable<T>): Promise<T> {
  const values: T[] = [];
  await source.forEach((value) => values.push(value));
  expect(values).toHaveLength(1);
  return values[0]!;
}

/** What it errors with. */
export async function errorOf(source: Observable<unknown>): Promise<unknown> {
  return source
    .forEach(() => {})
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Texts as records, past the wire. */
export const put = ({ server }: Scene, ...texts: string[]): number =>
  server.append('events', tlv(texts.map((each) => Buffer.from(each))));

/** Uses a producer, then closes it. */
export async function withProducer<T>(
  { address }: Scene,
  use: (producer: Producer) => Promise<T>,
  options: LanceClientOptions & ProducerOptions = {},
): Promise<T> {
  const producer = await valueOf(Producer.connect(address, options));
  try {
    return await use(producer);
  } finally {
    await producer.close().forEach(() => {});
  }
}

/** Uses a consumer of `events`, then closes it. */
export async function withConsumer<T>(
  { address }: Scene,
  use: (consumer: StandaloneConsumer) => Promise<T>,
  options: Partial<StandaloneOptions> = {},
): Promise<T> {
  const config = new StandaloneConfig('mapping', { topicId: 1, pollTimeoutMs: 5_000, ...options });
  const consumer = await valueOf(StandaloneConsumer.connect(address, config));
  try {
    return await use(consumer);
  } finally {
    await consumer.close().forEach(() => {});
  }
}
