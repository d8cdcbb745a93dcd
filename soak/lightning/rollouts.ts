import { LightningServer, type InMemoryLightningServer } from '../../src/embedded.js';
import { fault, type WireFault } from '../../src/testing/faults/fault.js';
import { FaultyRequester } from '../../src/testing/faults/faulty-requester.js';
import { lifeGateHttp } from '../../src/testing/run/life-gate.js';
import type { Dice } from '../dice.js';
import { everySoOften } from '../every-so-often.js';
import { add, type Part, type Sums } from '../part.js';
import { Program } from '../program.js';
import { wireMisfortunes } from '../wire-misfortunes.js';
import { lightningMisfortunes } from './misfortunes.js';
import { Runner } from './runner.js';
import { Trainer, type Group } from './trainer.js';

const GROUP_EVERY_MS = 500_000;

/** Lightning: a trainer that waits for rollouts, and a runner that runs them. */
export class Rollouts implements Part {
  readonly name = 'lightning';
  readonly misfortunes: Part['misfortunes'];
  private readonly server: InMemoryLightningServer;
  private readonly trainer: Program<Trainer>;
  private readonly runner: Program<Runner>;
  /** Those of the programs that run now. */
  private readonly wires = new Map<string, FaultyRequester>();
  private readonly complaints: string[] = [];
  /** Outlives crashes of the trainer. */
  private groups: Group[] = [];

  constructor(
    private readonly dice: Dice,
    latencyMs: number,
    readonly sums: Sums,
  ) {
    this.server = LightningServer.inMemory({ latencyMs });
    this.server.start().subscribe();
    // Closed with its client: each has one of its own.
    const options = (whose: 'trainer' | 'runner') => ({
      requester: lifeGateHttp(this.newWire(whose)),
      requestTimeoutMs: 10_000,
    });
    const complain = (what: string): void => void this.complaints.push(what);
    const runnersDice = dice.next();
    this.trainer = new Program(() => {
      const open = this.groups.filter(({ complete }) => !complete);
      return new Trainer(options('trainer'), open, complain);
    });
    this.runner = new Program(() => new Runner(options('runner'), runnersDice));
    this.misfortunes = {
      ...wireMisfortunes(
        { apply: (each) => this.apply(each) },
        { bytes: false, ids: true, checksums: false },
        dice.next(),
      ),
      ...lightningMisfortunes(this.server, dice.next()),
      'the trainer crashes': () => this.crashTrainer(),
      'the runner crashes': () => this.runner.crash(dice.about(5_000)),
    };
  }

  feed(forMs: number): void {
    everySoOften(this.dice, GROUP_EVERY_MS, forMs, () =>
      this.trainer.tell((trainer) => {
        const made: Group = { ids: undefined, count: this.dice.between(1, 8), ended: new Map(), complete: false };
        this.groups.push(made);
        trainer.make(made);
      }),
    );
  }

  calm(): void {
    this.apply(fault.heal());
    this.server.faults.clear();
    this.server.start().subscribe();
  }

  audit(undisturbed: boolean): string[] {
    const wrong = this.complaints.splice(0);
    for (const [index, group] of this.groups.entries()) {
      for (const what of this.wrongWith(group)) wrong.push(`group ${index + 1} of ${group.count}: ${what}`);
      for (const status of group.ended.values()) add(this.sums, status);
      add(this.sums, 'waited for', group.count);
    }
    if (undisturbed && this.server.queueLength > 0) wrong.push(`${this.server.queueLength} are left in the queue`);
    this.groups = [];
    return wrong;
  }

  end(): void {
    this.trainer.tell((trainer) => trainer.close());
    this.runner.tell((runner) => runner.close());
  }

  private newWire(whose: 'trainer' | 'runner'): FaultyRequester {
    const wire = new FaultyRequester(this.server.requester());
    this.wires.set(whose, wire);
    return wire;
  }

  private apply(trouble: WireFault): void {
    for (const wire of this.wires.values()) wire.apply(trouble);
  }

  /** Groups of which the store has not told the ids are lost with it. */
  private crashTrainer(): void {
    if (!this.trainer.alive) return;
    this.trainer.crash(this.dice.about(5_000));
    this.groups = this.groups.filter(({ ids }) => ids !== undefined);
  }

  private wrongWith({ ids, ended, complete }: Group): string[] {
    if (ids === undefined) return ['nobody knows whether they were made'];
    const wrong: string[] = [];
    if (!complete) wrong.push('the wait for them goes on');
    const missing = ids.filter((id) => !ended.has(id));
    if (missing.length > 0) wrong.push(`not told to have ended: ${missing.join(', ')}`);
    for (const id of ids) {
      const status = this.server.rollout(id)?.status;
      if (status !== 'succeeded' && status !== 'failed') wrong.push(`${id} is ${status ?? 'unknown'} in the store`);
    }
    return wrong;
  }
}
