import { LightningServer, type InMemoryLightningServer } from '../../src/embedded.js';
import { clock } from '../../src/foundation/clock.js';
import { lifeGateHttp } from '../../src/testing/run/life-gate.js';
import type { Dice } from '../dice.js';
import { add, type Part, type Sums } from '../part.js';
import { Program } from '../program.js';
import { lightningMisfortunes } from './misfortunes.js';
import { Runner } from './runner.js';
import { Trainer, type Group } from './trainer.js';

const GROUP_EVERY_MS = 150_000;

/** Lightning: a trainer that waits for rollouts, and a runner that runs them. */
export class Rollouts implements Part {
  readonly name = 'lightning';
  readonly misfortunes: Part['misfortunes'];
  private readonly server: InMemoryLightningServer;
  private readonly trainer: Program<Trainer>;
  private readonly runner: Program<Runner>;
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
    const options = () => ({ requester: lifeGateHttp(this.server.requester()), requestTimeoutMs: 10_000 });
    const complain = (what: string): void => void this.complaints.push(what);
    const runnersDice = dice.next();
    this.trainer = new Program(() => {
      const open = this.groups.filter(({ complete }) => !complete);
      return new Trainer(options(), open, complain);
    });
    this.runner = new Program(() => new Runner(options(), runnersDice));
    this.misfortunes = {
      ...lightningMisfortunes(this.server, dice.next()),
      'the trainer crashes': () => this.crashTrainer(),
      'the runner crashes': () => this.runner.crash(dice.about(5_000)),
    };
  }

  feed(forMs: number): void {
    const untilMs = clock.now() + forMs;
    const group = (): void => {
      if (clock.now() >= untilMs) return;
      this.trainer.tell((trainer) => {
        const made: Group = { ids: undefined, count: this.dice.between(1, 8), ended: new Map(), complete: false };
        this.groups.push(made);
        trainer.make(made);
      });
      clock.after(this.dice.about(GROUP_EVERY_MS), group);
    };
    group();
  }

  calm(): void {
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
