import { concatMap, defer, map, merge, repeat, take, takeWhile, type Observable } from 'rxjs';
import { autoAck } from '../src/observables/delivery/operators/auto-ack.js';
import { records } from '../src/observables/delivery/operators/records.js';
import { LanceClient } from '../src/observables/lance/lance-client.js';
import { Producer } from '../src/observables/lance/producing/producer.js';
import { StandaloneConsumer } from '../src/observables/lance/standalone/standalone-consumer.js';
import type { Dice } from '../soak/dice.js';
import { DATA, DUE, shown, TOPIC, type FuzzPeer } from './fuzz-peer.js';

/** Somebody who wants something of a server, and has an end. */
export interface User {
  readonly name: string;
  readonly work: Observable<unknown>;
  close(): Observable<unknown>;
  /** The records that it must get; all of them if it completes, else the first ones. */
  readonly due?: readonly string[];
  /** What the server must have been sent if it completes. */
  readonly sent?: readonly string[];
}

type MakeUser = (peer: FuzzPeer, dice: Dice) => User;

const END = BigInt(DATA.length);
const DELIVERY = { deliveryTimeoutMs: 5_000 };

function options(peer: FuzzPeer, dice: Dice) {
  return {
    requestTimeoutMs: 500,
    reconnect: { initialMs: 10, maxMs: 100, maxAttempts: 5 },
    connector: peer.listener.connector(),
    // Every leader that it names is the same server again.
    ...(dice.chance(0.5) ? { connectorTo: () => peer.listener.connector() } : {}),
    ...(dice.chance(0.2) ? { token: 's3cret-token' } : {}),
  };
}

function clientOf(peer: FuzzPeer, dice: Dice): LanceClient {
  return new LanceClient({ ...options(peer, dice), commandConnections: dice.between(1, 3) });
}

const close = (client: LanceClient) => (): Observable<unknown> => client.close({ deadlineMs: 100 });

const commands: MakeUser = (peer, dice) => {
  const client = clientOf(peer, dice);
  const consumerId = 7n;
  const all = [
    () => client.listTopics(),
    () => client.ping(),
    () => client.getTopic(TOPIC),
    () => client.getTopic(1),
    () => client.ensureTopic(TOPIC),
    () => client.createTopicWithRetention('new', { maxAgeMs: 1_000 }),
    () => client.setRetention(1, { maxBytes: 5 }),
    () => client.deleteTopic(TOPIC),
    () => client.clusterStatus(),
    () => client.authenticate('s3cret-token'),
    () => client.subscribe(1, { consumerId }),
    () => client.commitOffset(TOPIC, { consumerId, offset: 5n }),
    () => client.unsubscribe(1, { consumerId }),
  ];
  const asked = Array.from({ length: 3 }, () => dice.pick(all)());
  return { name: 'commands', work: merge(...asked), close: close(client) };
};

const consume: MakeUser = (peer, dice) => {
  const client = clientOf(peer, dice);
  const onTruncated = dice.pick(['fail', 'fail', 'beginning', 'end'] as const);
  const from = dice.pick(['beginning', 'beginning', 'end', 5n] as const);
  const stream = client.consume(TOPIC, {
    until: END,
    maxFetchBytes: dice.pick([64, 100, 1000, 1 << 20]),
    onTruncated,
    from,
    ...(dice.chance(0.3) ? { name: 'fuzz', commitToServer: true } : {}),
  });
  const got = stream.pipe(
    autoAck(),
    records(),
    map((record) => shown(record.position, record.bytes())),
  );
  const isPlain = onTruncated === 'fail' && from === 'beginning';
  return { name: 'consume', work: got, close: close(client), ...(isPlain ? { due: DUE } : {}) };
};

const tail: MakeUser = (peer, dice) => {
  const client = clientOf(peer, dice);
  const stream = client.tail(TOPIC, { from: 'beginning', maxFetchBytes: 500 });
  const one = (): Observable<unknown> => stream.pipe(autoAck(), take(dice.between(1, 3)));
  return { name: 'tail', work: merge(one(), one()), close: close(client) };
};

const standalone: MakeUser = (peer, dice) => {
  const config = { ...options(peer, dice), consumerName: 'fuzz', topicName: TOPIC, maxFetchBytes: 700 };
  const work = defer(() => StandaloneConsumer.connect('127.0.0.1', config)).pipe(
    concatMap((consumer) => {
      closing = () => consumer.close();
      return consumer.poll({ timeoutMs: 20_000 }).pipe(
        repeat({ delay: 50, count: 200 }),
        takeWhile(() => consumer.position < END),
      );
    }),
  );
  let closing: (() => Observable<unknown>) | undefined;
  return { name: 'standalone', work, close: () => closing?.() ?? merge() };
};

const producer: MakeUser = (peer, dice) => {
  const made = new Producer({
    ...options(peer, dice),
    ...DELIVERY,
    maxPendingAcks: dice.between(1, 3),
    batching: dice.pick(['linger', 'self-clocked'] as const),
  });
  const sent = Array.from({ length: 4 }, (_, i) => `record ${i};`);
  const sends = sent.map((record) => made.send(TOPIC, record));
  return { name: 'producer', work: merge(...sends), close: () => made.close(), sent };
};

const sink: MakeUser = (peer, dice) => {
  const client = clientOf(peer, dice);
  const pour = client.sink(TOPIC, { ...DELIVERY, batchSize: 64 });
  const sent = Array.from({ length: 20 }, (_, i) => `record ${i};`);
  return { name: 'sink', work: pour(sent), close: close(client), sent };
};

/** One of each kind. */
export const users: readonly MakeUser[] = [commands, consume, tail, standalone, producer, sink];
