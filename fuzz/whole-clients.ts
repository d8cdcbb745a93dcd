import { merge, type Observable } from 'rxjs';
import { SluiceError } from '../src/foundation/errors.js';
import { autoAck } from '../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../src/observables/lance/lance-client.js';
import { Producer } from '../src/observables/lance/producing/producer.js';
import type { Dice } from '../soak/dice.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import { DATA, FuzzPeer, TOPIC } from './fuzz-peer.js';
import type { Tally } from './tally.js';

/** Whatever a client does against such a server, it has an end within this time. */
const PATIENCE_MS = 120_000;
const CLOSING_MS = 1_000;

interface User {
  readonly name: string;
  readonly work: Observable<unknown>;
  close(): Observable<unknown>;
}

/** A client at work, to which some answers of its server are the case: it ends, with what was asked for or a typed error. */
export function* useClient({ pieces, dice }: FuzzCase, tally: Tally): Generator<number, void> {
  const from = dice.between(0, 5);
  const peer = new FuzzPeer(from, from + dice.pick([0, 0, 2, Infinity]), pieces, dice.chance(0.3));
  const user = dice.pick(users)(peer, dice);
  let ends = 0;
  const ended = (what: string): void => {
    need(++ends === 1, () => `${user.name} ends twice`);
    tally.accept(`${user.name}: ${what}`);
  };
  const running = user.work.subscribe({
    complete: () => ended('complete'),
    error: (error: unknown) => {
      need(error instanceof SluiceError, () => `${user.name}: ${String(error)} is no error of the library`);
      ended((error as SluiceError).code);
    },
  });
  for (let waitedMs = 0; ends === 0 && waitedMs < PATIENCE_MS; waitedMs += 1_000) yield 1_000;
  need(ends === 1, () => `${user.name} hangs`);
  need(running.closed, () => `${user.name} has ended and is subscribed to`);
  let isClosed = false;
  user.close().subscribe({ complete: () => (isClosed = true) });
  yield CLOSING_MS;
  need(isClosed, () => `${user.name} can't be closed`);
  need(peer.listener.connections === 0, () => `${user.name} keeps ${peer.listener.connections} connections`);
}

const OPTIONS = { requestTimeoutMs: 500, reconnect: { initialMs: 10, maxMs: 100, maxAttempts: 5 } };

const clientOf = (peer: FuzzPeer): LanceClient => new LanceClient({ ...OPTIONS, connector: peer.listener.connector() });

const close = (client: LanceClient) => (): Observable<unknown> => client.close({ deadlineMs: 100 });

const users: readonly ((peer: FuzzPeer, dice: Dice) => User)[] = [
  (peer, dice) => {
    const client = clientOf(peer);
    const commands = [() => client.listTopics(), () => client.ping(), () => client.getTopic(TOPIC)];
    const [first, second, third] = [dice.pick(commands), dice.pick(commands), dice.pick(commands)];
    return { name: 'commands', work: merge(first(), second(), third()), close: close(client) };
  },
  (peer, dice) => {
    const client = clientOf(peer);
    const options = { until: BigInt(DATA.length), maxFetchBytes: dice.pick([64, 100, 1000, 1 << 20]) };
    return { name: 'consume', work: client.consume(TOPIC, options).pipe(autoAck()), close: close(client) };
  },
  (peer, dice) => {
    const producer = new Producer({
      ...OPTIONS,
      connector: peer.listener.connector(),
      deliveryTimeoutMs: 5_000,
      maxPendingAcks: dice.between(1, 3),
    });
    const sends = Array.from({ length: 4 }, (_, i) => producer.send(TOPIC, `record ${i}`));
    return { name: 'producer', work: merge(...sends), close: () => producer.close() };
  },
  (peer) => {
    const client = clientOf(peer);
    const sink = client.sink(TOPIC, { deliveryTimeoutMs: 5_000, batchSize: 64 });
    const records = Array.from({ length: 20 }, (_, i) => `record ${i}`);
    return { name: 'sink', work: sink(records), close: close(client) };
  },
];
