import { concatMap, defer, EMPTY, from, map, mergeMap, takeWhile, repeat, type Observable } from 'rxjs';
import { Command } from '../../../src/codecs/lance/commands.js';
import { autoAck } from '../../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../../src/observables/lance/lance-client.js';
import { Producer } from '../../../src/observables/lance/producing/producer.js';
import { StandaloneConsumer } from '../../../src/observables/lance/standalone/standalone-consumer.js';
import type { Connector } from '../../../src/transports/channel.js';
import { DATA_END, RECORDS, type Target } from './bully.js';

/** How the server is reached: in memory, or on a port of this machine. */
export type Way = { readonly connector: Connector } | { readonly port: number };

/** Somebody who is answered badly. */
export interface Victim {
  readonly work: Observable<unknown>;
  close(): Observable<unknown>;
}

export interface VictimKind {
  readonly target: Target;
  readonly waits: 'asker' | 'sender';
  /** Whether what was answered badly is asked for again. */
  readonly retries: boolean;
  /** What it comes to if all goes well. */
  readonly values: readonly unknown[];
  readonly make: (way: Way) => Victim;
}

/** How often somebody connects again before giving up. */
export const ATTEMPTS = 2;
/** No machine is so slow that an answer, once it is sent, takes longer; and silence is to be over soon. */
const OPTIONS = {
  requestTimeoutMs: 600,
  reconnect: { initialMs: 1, maxMs: 5, jitter: 'none', maxAttempts: ATTEMPTS },
} as const;

/** When whatever can't be sent is given up. */
export const DELIVERY_MS = 10_000;

const asker = { waits: 'asker', target: Command.Fetch, retries: true, values: RECORDS } as const;
const sender = { waits: 'sender', target: 'ingest', retries: true, values: ['sent'] } as const;

const close = (client: LanceClient) => (): Observable<unknown> => client.close({ deadlineMs: 0 });

export const VICTIMS: Readonly<Record<string, VictimKind>> = {
  'a command': {
    waits: 'asker',
    target: Command.ListTopics,
    retries: false,
    values: ['log'],
    make: (way) => {
      const client = new LanceClient({ ...OPTIONS, ...way });
      const work = client.listTopics().pipe(
        mergeMap((topics) => topics),
        map(({ name }) => name),
      );
      return { work, close: close(client) };
    },
  },
  consume: {
    ...asker,
    make: (way) => {
      const client = new LanceClient({ ...OPTIONS, ...way });
      const stream = client.consume('log', { until: DATA_END });
      return {
        work: stream.pipe(
          autoAck(),
          records(),
          map((record) => record.text()),
        ),
        close: close(client),
      };
    },
  },
  'a standalone consumer': {
    ...asker,
    make: (way) => {
      const { address, options } =
        'port' in way ? { address: `127.0.0.1:${way.port}`, options: {} } : { address: 'memory', options: way };
      let closing: () => Observable<unknown> = () => EMPTY;
      const config = { ...OPTIONS, ...options, consumerName: 'me', topicName: 'log' };
      const work = defer(() => StandaloneConsumer.connect(address, config)).pipe(
        concatMap((consumer) => {
          closing = () => consumer.close();
          return consumer.poll({ timeoutMs: 5_000 }).pipe(
            repeat({ delay: 1 }),
            takeWhile(() => consumer.position < DATA_END, true),
          );
        }),
        mergeMap((result) => result?.records ?? []),
        map(({ value }) => Buffer.from(value).toString()),
      );
      return { work, close: () => closing() };
    },
  },
  'a producer': {
    ...sender,
    make: (way) => {
      const producer = new Producer({ ...OPTIONS, ...way, deliveryTimeoutMs: DELIVERY_MS });
      return { work: producer.send('log', 'x').pipe(map(() => 'sent')), close: () => producer.close() };
    },
  },
  'a sink': {
    ...sender,
    make: (way) => {
      const client = new LanceClient({ ...OPTIONS, ...way });
      const sink = client.sink('log', { deliveryTimeoutMs: DELIVERY_MS });
      return { work: sink(from(['x'])).pipe(map(() => 'sent')), close: close(client) };
    },
  },
};
