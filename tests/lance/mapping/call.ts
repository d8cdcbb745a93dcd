import type { Observable } from 'rxjs';
import type { LanceServer } from '../../../src/embedded/lance/lance-server.js';
import { StandaloneConfig } from '../../../src/observables/lance/configs/standalone-config.js';
import type { LanceClientOptions } from '../../../src/observables/lance/connection/client-options.js';
import type { LanceClient } from '../../../src/observables/lance/lance-client.js';
import { Producer } from '../../../src/observables/lance/producing/producer.js';
import type { ProducerOptions } from '../../../src/observables/lance/producing/producer-options.js';
import { StandaloneConsumer } from '../../../src/observables/lance/standalone/standalone-consumer.js';
import type { StandaloneOptions } from '../../../src/observables/lance/standalone/standalone-options.js';

/** What a row of the mapping is called with: a server on a socket with a topic that is empty, and its clients. */
export interface Scene {
  readonly address: string;
  /** The topic's name, and its id. */
  readonly topic: string;
  readonly id: number;
  readonly client: LanceClient;
  /** Undefined: it is a server that we know nothing else of. */
  readonly server: LanceServer | undefined;
  newClient(options?: LanceClientOptions): LanceClient;
}

/** Does what a row says, and checks that it has happened. */
export type Call = ((scene: Scene) => Promise<void>) & { readonly needsEmbedded?: true };

export type Calls = Readonly<Record<string, Call>>;

/** For what only our own server can be told to do, or be asked about. */
export type EmbeddedCall = (scene: Scene, server: LanceServer) => Promise<void>;

export function embedded(call: EmbeddedCall): Call {
  const guarded = async (scene: Scene): Promise<void> => {
    if (scene.server === undefined) throw new Error('this needs an embedded server');
    return call(scene, scene.server);
  };
  return Object.assign(guarded, { needsEmbedded: true } as const);
}

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

/** Texts as records, in one batch. */
export const put = async (scene: Scene, ...texts: string[]): Promise<unknown> =>
  withProducer(scene, async (producer) => valueOf(producer.sendBatch(scene.topic, texts)));

/** What the topic holds now. */
export const stored = async (scene: Scene): Promise<string[]> =>
  withConsumer(scene, async (consumer) => {
    const texts: string[] = [];
    for (;;) {
      const result = await valueOf(consumer.poll());
      if (result === undefined) return texts;
      texts.push(...result.records.map(({ value }) => text(value)));
    }
  });

/** How many bytes that is. */
export const size = async (scene: Scene): Promise<number> =>
  withConsumer(scene, async (consumer) => Number(await valueOf(consumer.seekTo('end'))));

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

/** Uses a consumer of the topic, then closes it. */
export async function withConsumer<T>(
  { address, id }: Scene,
  use: (consumer: StandaloneConsumer) => Promise<T>,
  options: Partial<StandaloneOptions> = {},
): Promise<T> {
  const config = new StandaloneConfig('mapping', { topicId: id, pollTimeoutMs: 5_000, ...options });
  const consumer = await valueOf(StandaloneConsumer.connect(address, config));
  try {
    return await use(consumer);
  } finally {
    await consumer.close().forEach(() => {});
  }
}
