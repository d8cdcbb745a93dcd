import { from } from 'rxjs';
import { LanceServer, type InMemoryLanceServer } from '../../src/embedded.js';
import { MemoryOffsetStore, Producer } from '../../src/lance.js';
import { fault } from '../../src/testing/faults/fault.js';
import { FaultyConnector } from '../../src/testing/faults/faulty-connector.js';
import { measureLanceFrame } from '../../src/testing/lance/lance-frames.js';
import { lifeGate } from '../../src/testing/run/life-gate.js';
import { Book } from '../book.js';
import type { Dice } from '../dice.js';
import { everySoOften } from '../every-so-often.js';
import { add, type Part, type Sums } from '../part.js';
import { Program } from '../program.js';
import { Consumer, type ConsumerPlan } from './consumer.js';
import { LogReader } from './log-reader.js';
import { wireMisfortunes } from '../wire-misfortunes.js';
import { lanceMisfortunes } from './misfortunes.js';

const TOPIC = 'readings';
const LETTERS = 'readings-dead';
const NAME = 'soak';
const BURST_EVERY_MS = 75_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Lance: a producer, and a consumer that commits. */
export class Readings implements Part {
  readonly name = 'lance';
  readonly misfortunes: Part['misfortunes'];
  private readonly server: InMemoryLanceServer;
  private readonly wire: FaultyConnector;
  /** Outlives crashes of the consumer. */
  private readonly offsetStore = new MemoryOffsetStore();
  private readonly log: LogReader;
  private readonly letters: LogReader;
  private readonly consumer: Program<Consumer>;
  private readonly producer: Program<Producer>;
  private readonly complaints: string[] = [];
  private book = new Book();
  private nextId = 1;
  /** Sends of which nothing has been heard. */
  private sending = new Set<number>();

  constructor(
    private readonly dice: Dice,
    latencyMs: number,
    readonly sums: Sums,
  ) {
    this.server = LanceServer.inMemory({ latencyMs });
    this.server.start().subscribe();
    this.server.createTopic(TOPIC);
    this.log = new LogReader(this.server, TOPIC);
    this.letters = new LogReader(this.server, LETTERS);
    this.wire = new FaultyConnector(this.server.connector(), { sent: measureLanceFrame, received: measureLanceFrame });
    const client = { connector: lifeGate(this.wire), requestTimeoutMs: REQUEST_TIMEOUT_MS };
    const plan = this.consumerPlan({ ...client, offsetStore: this.offsetStore });
    const consumersDice = dice.next();
    this.consumer = new Program(() => new Consumer(plan, consumersDice));
    this.producer = new Program(() => new Producer(client));
    this.misfortunes = {
      ...wireMisfortunes(this.wire, { bytes: true, ids: false, checksums: true }, dice.next()),
      ...lanceMisfortunes(this.server, dice.next()),
      'the consumer crashes': () => this.consumer.crash(dice.about(5_000)),
      'the consumer leaves for a while': () => this.consumer.tell((consumer) => consumer.leaveFor(dice.about(5_000))),
      'the consumer closes and starts anew': () =>
        this.consumer.tell((consumer) => consumer.close(() => this.consumer.crash(0))),
      'the producer crashes': () => {
        this.producer.crash(dice.about(5_000));
        this.sending.clear();
      },
    };
  }

  feed(forMs: number): void {
    everySoOften(this.dice, BURST_EVERY_MS, forMs, () => {
      for (let left = this.dice.between(1, 6); left > 0; left--) this.producer.tell((producer) => this.send(producer));
    });
  }

  calm(): void {
    this.wire.apply(fault.heal());
    this.server.faults.clear();
    this.server.start().subscribe();
  }

  audit(undisturbed: boolean): string[] {
    const copies = this.log.ids();
    for (const id of this.letters.idsInLetters()) this.book.dead(id);
    const wrong = this.complaints.splice(0);
    if (this.sending.size > 0) wrong.push(`of ${this.sending.size} records nobody knows whether they were sent`);
    wrong.push(...this.book.audit((id) => copies.get(id) ?? 0, undisturbed), ...this.wrongInStream());
    const { given, confirmed, handled, again, dead } = this.book.counts;
    const counts = { 'records sent': given, confirmed, handled, 'handled again': again, 'dead letters': dead };
    for (const [what, count] of Object.entries(counts)) add(this.sums, what, count);
    this.book = new Book();
    return wrong;
  }

  end(): void {
    this.consumer.tell((consumer) => consumer.close(() => {}));
    this.producer.tell((producer) => void producer.close().subscribe());
  }

  private send(producer: Producer): void {
    const { book, sending } = this;
    const id = this.nextId++;
    book.given(id);
    sending.add(id);
    producer.send(TOPIC, `${id} ${'x'.repeat(this.dice.between(0, 300))}`).subscribe({
      next: () => book.confirmed(id),
      error: () => sending.delete(id),
      complete: () => sending.delete(id),
    });
  }

  private consumerPlan(client: ConsumerPlan['client']): ConsumerPlan {
    const { dice } = this;
    return {
      topic: TOPIC,
      client,
      consume: {
        name: NAME,
        commitToServer: dice.chance(0.5),
        commitCount: dice.between(1, 20),
        deadLetters: { topic: LETTERS },
        maxFetchBytes: dice.pick([350, 2_000, 1 << 20]),
        window: { deliveries: dice.between(1, 6) },
        prefetch: dice.between(1, 3),
      },
      asBatches: dice.chance(0.3),
      concurrency: dice.between(1, 6),
      handled: (id) => this.book.handled(id),
      ended: (how) => this.complaints.push(`the consumer has ended: ${how}`),
    };
  }

  private wrongInStream(): string[] {
    const wrong: string[] = [];
    const end = this.server.topic(TOPIC)?.byteLength ?? 0;
    let stored: bigint | undefined;
    const topicId = this.server.topic(TOPIC)?.id ?? 0;
    from(this.offsetStore.load({ consumer: NAME, topicId, topicName: TOPIC })).subscribe((at) => (stored = at));
    if (Number(stored ?? 0n) !== end) wrong.push(`${stored} is committed, the log ends at ${end}`);
    if (!this.consumer.alive) wrong.push('the consumer is down');
    this.consumer.tell(({ stream }) => {
      const { delivered, acked, nacked, dead, abandoned } = stream.fate();
      const settled = acked + nacked + dead + abandoned;
      if (delivered !== settled) wrong.push(`${delivered} batches delivered, of which ${settled} are settled`);
    });
    return wrong;
  }
}
