import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { autoAck } from 'sluice';
import {
  decodeRecords,
  encodeRecords,
  LanceClient,
  LanceError,
  Producer,
  StandaloneConfig,
  StandaloneConsumer,
  TlvRecord,
  type RecordBatch,
} from 'sluice/lance';

// Our client, driven by another program: argv[2] is the server's host:port; each line of the input is a call, a JSON
// array of a name and its arguments, and is answered by a line `{ "value": … }` or `{ "error": …, "code": … }`.

const address = process.argv[2] ?? '127.0.0.1:1992';
const [host = '', port = ''] = address.split(':');
const client = new LanceClient({ host, port: Number(port), requestTimeoutMs: 10_000 });

const recordsIn = (batch: RecordBatch): TlvRecord[] => [...batch].map((each) => new TlvRecord(each.type, each.copy()));

async function withConsumer<T>(
  topic: number | string,
  directory: string,
  use: (consumer: StandaloneConsumer) => Promise<T>,
): Promise<T> {
  const where = typeof topic === 'string' ? { topicName: topic } : { topicId: topic };
  const config = new StandaloneConfig('interop', { ...where, autoCommitIntervalMs: 0, pollTimeoutMs: 5_000 });
  const consumer = await firstValueFrom(StandaloneConsumer.connect(address, config.withOffsetDir(directory)));
  const value = await use(consumer);
  await lastValueFrom(consumer.close());
  return value;
}

/** All bytes up to the end, poll by poll. */
async function pollAll(consumer: StandaloneConsumer): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const result = await lastValueFrom(consumer.poll());
    if (result === undefined) return Buffer.concat(parts);
    parts.push(result.data);
  }
}

const calls: Readonly<Record<string, (...given: never[]) => Promise<unknown>>> = {
  ensureTopic: async (name: string) => (await lastValueFrom(client.ensureTopic(name))).id,

  deleteTopic: async (name: string) => lastValueFrom(client.deleteTopic(name)),

  createTopicWithRetention: async (name: string, maxAgeMs: number, maxBytes: number) =>
    (await lastValueFrom(client.createTopicWithRetention(name, { maxAgeMs, maxBytes }))).retention,

  setRetention: async (topic: string, maxAgeMs: number, maxBytes: number) =>
    lastValueFrom(client.setRetention(topic, { maxAgeMs, maxBytes })),

  subscribe: async (topic: string, consumerId: number) => lastValueFrom(client.subscribe(topic, { consumerId })),

  commitOffset: async (topic: string, consumerId: number, offset: number) =>
    lastValueFrom(client.commitOffset(topic, { consumerId, offset })),

  unsubscribe: async (topic: string, consumerId: number) =>
    (await lastValueFrom(client.unsubscribe(topic, { consumerId }))) ?? null,

  /** Sends the records of a file, one `send` each, all under way at once. */
  produce: async (topic: string, file: string, compression: boolean) => {
    const producer = new Producer({ host, port: Number(port), compression });
    const { records } = decodeRecords(readFileSync(file));
    for (const record of records) await lastValueFrom(producer.sendAsync(topic, record));
    await lastValueFrom(producer.flush());
    await lastValueFrom(producer.close());
    return records.length;
  },

  /** The same as one batch. */
  produceBatch: async (topic: string, file: string, compression: boolean) => {
    const producer = new Producer({ host, port: Number(port), compression });
    const { records } = decodeRecords(readFileSync(file));
    await lastValueFrom(producer.sendBatch(topic, records));
    await lastValueFrom(producer.close());
    return records.length;
  },

  /** Reads a topic up to its end into a file, as a stream. */
  consume: async (topic: string, file: string, maxFetchBytes: number) => {
    const batches = client.consume(topic, { until: 'end', maxFetchBytes }).pipe(autoAck(), map(recordsIn), toArray());
    const records = (await lastValueFrom(batches)).flat();
    writeFileSync(file, encodeRecords(records));
    return records.length;
  },

  /** Polls a topic from its stored position up to its end into a file, and commits; returns where it began and ended. */
  pollAndCommit: async (topic: number | string, file: string, directory: string) =>
    withConsumer(topic, directory, async (consumer) => {
      const from = consumer.position;
      writeFileSync(file, await pollAll(consumer));
      return [from, await lastValueFrom(consumer.commit())];
    }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line) as [string, ...never[]];
  const answer = await calls[name]!(...given).then(
    (value) => ({ value }),
    (error: unknown) => {
      if (error instanceof LanceError) return { error: error.message, code: error.code };
      throw error;
    },
  );
  const numbers = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  process.stdout.write(`${JSON.stringify(answer, numbers)}\n`);
}
await lastValueFrom(client.close());
