import { FloServer, type InMemoryFloServer } from '../../src/embedded.js';
import { FloClient, ProtocolMismatchError } from '../../src/flo.js';
import { retryBackoff } from '../../src/index.js';
import { fault } from '../../src/testing/faults/fault.js';
import { FaultyConnector } from '../../src/testing/faults/faulty-connector.js';
import { measureFloFrame } from '../../src/testing/flo/flo-frames.js';
import { lifeGate } from '../../src/testing/run/life-gate.js';
import { Book } from '../book.js';
import type { Dice } from '../dice.js';
import { everySoOften } from '../every-so-often.js';
import { add, type Part, type Sums } from '../part.js';
import { Program } from '../program.js';
import { wireMisfortunes } from '../wire-misfortunes.js';
import { floMisfortunes } from './misfortunes.js';
import { Worker, type WorkerPlan } from './worker.js';

const QUEUE = 'tasks';
const TASK_EVERY_MS = 60_000;
/** Longer than anybody tries to put the same task. */
const DEDUP_MS = 2 * 3_600_000;

/** Flo: one who puts tasks on a queue until they are there, and a worker under leases. */
export class Tasks implements Part {
  readonly name = 'flo';
  readonly misfortunes: Part['misfortunes'];
  private readonly server: InMemoryFloServer;
  private readonly wire: FaultyConnector;
  private readonly worker: Program<Worker>;
  private readonly giver: FloClient;
  private readonly complaints: string[] = [];
  private book = new Book();
  private nextId = 1;
  private enqueuedBefore = 0;
  private deadBefore = 0;

  constructor(
    private readonly dice: Dice,
    latencyMs: number,
    readonly sums: Sums,
  ) {
    this.server = FloServer.inMemory({
      latencyMs,
      bodies: dice.pick(['sdk', 'server']),
      dedupWindowMs: DEDUP_MS,
      maxDeliveries: 255,
    });
    this.server.start().subscribe();
    const measures = { sent: measureFloFrame, received: measureFloFrame, overtaking: true };
    this.wire = new FaultyConnector(this.server.connector(), measures);
    this.giver = new FloClient('memory:9000', { connector: this.wire });
    const plan = this.workerPlan();
    const workersDice = dice.next();
    this.worker = new Program(() => new Worker(plan, workersDice));
    this.misfortunes = {
      ...wireMisfortunes(this.wire, { bytes: true, ids: true, checksums: true }, dice.next()),
      ...floMisfortunes(this.server, dice.next()),
      'the worker crashes': () => this.worker.crash(dice.about(5_000)),
      'the worker leaves for a while': () => this.worker.tell((worker) => worker.leaveFor(dice.about(5_000))),
      'the worker closes and starts anew': () => this.worker.tell((worker) => worker.close(() => this.worker.crash(0))),
    };
  }

  feed(forMs: number): void {
    everySoOften(this.dice, TASK_EVERY_MS, forMs, () => this.give());
  }

  calm(): void {
    this.wire.apply(fault.heal());
    this.server.faults.clear();
    this.server.start().subscribe();
  }

  audit(undisturbed: boolean): string[] {
    const letters = this.server.deadLetters(QUEUE).slice(this.deadBefore);
    this.deadBefore += letters.length;
    for (const { payload } of letters) this.book.dead(Number(Buffer.from(payload)));
    const wrong = this.complaints.splice(0);
    // What is given is tried until it is there, and known by its key: there once.
    wrong.push(...this.book.audit(() => 1, undisturbed));
    const { given, confirmed, handled, again, dead } = this.book.counts;
    if (confirmed !== given) wrong.push(`${given} tasks given, ${confirmed} confirmed`);
    wrong.push(...this.wrongInQueue(given), ...this.wrongInStream());
    const counts = { 'tasks given': given, confirmed, handled, 'handled again': again, 'dead letters': dead };
    for (const [what, count] of Object.entries(counts)) add(this.sums, what, count);
    this.book = new Book();
    return wrong;
  }

  end(): void {
    this.worker.tell((worker) => worker.close(() => {}));
    this.giver.close().subscribe();
  }

  private give(): void {
    const { book } = this;
    const id = this.nextId++;
    book.given(id);
    const put = this.giver.queue.enqueue(QUEUE, String(id), { dedupKey: String(id) });
    put.pipe(retryBackoff({ maxMs: 10_000, when: () => true })).subscribe(() => book.confirmed(id));
  }

  private workerPlan(): WorkerPlan {
    const { dice } = this;
    return {
      queue: QUEUE,
      client: { connector: lifeGate(this.wire) },
      messages: {
        blockMs: dice.pick([5_000, 20_000, 60_000]),
        visibilityTimeoutMs: dice.pick([8_000, 15_000]),
        maxLeaseMs: 40_000,
        window: { deliveries: dice.between(1, 12) },
      },
      concurrency: dice.between(1, 6),
      keys: dice.chance(0.5),
      handled: (id) => this.book.handled(id),
      ended: (error) => this.ended(error),
    };
  }

  /** A server whose very first answer is damaged is taken for another one: whoever runs the program starts it again. */
  private ended(error: unknown): void {
    if (error instanceof ProtocolMismatchError) this.worker.crash(this.dice.about(5_000));
    else this.complaints.push(`the worker has ended: ${String(error)}`);
  }

  private wrongInQueue(given: number): string[] {
    const wrong: string[] = [];
    const { ready, delayed, leased, dead } = this.server.queue(QUEUE);
    if (ready + delayed + leased > 0) wrong.push(`left in the queue: ${JSON.stringify({ ready, delayed, leased })}`);
    if (dead !== this.deadBefore) wrong.push(`${dead} dead letters, of which ${this.deadBefore} have been seen`);
    const { enqueued } = this.server.counters.queues;
    const before = this.enqueuedBefore;
    this.enqueuedBefore = enqueued;
    if (enqueued - before !== given) wrong.push(`${given} tasks given, ${enqueued - before} came to the queue`);
    return wrong;
  }

  private wrongInStream(): string[] {
    const wrong: string[] = [];
    if (!this.worker.alive) wrong.push('the worker is down');
    this.worker.tell(({ stream }) => {
      const { delivered, acked, nacked, dead, abandoned } = stream.fate();
      const settled = acked + nacked + dead + abandoned;
      if (delivered !== settled) wrong.push(`${delivered} messages delivered, of which ${settled} are settled`);
    });
    return wrong;
  }
}
