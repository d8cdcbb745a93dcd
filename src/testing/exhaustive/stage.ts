import { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { fault } from '../faults/fault.js';
import type { MarbleKit } from '../kit/kit.js';
import { Crashable, ofPresentLife, within } from '../run/lives.js';
import type { MarbleRun } from '../run/marble-run.js';
import { scheduling } from '../run/schedulers.js';
import type { Wire, WireMoment } from '../wires/wire.js';
import type { Blow, Cast, Strike } from './crash-point.js';
import type { ResolvedCrashOptions } from './crash-options.js';
import type { Trace } from './trace.js';
import type { Turns } from './turns.js';

type Rig = ReturnType<MarbleKit['lance']> | ReturnType<MarbleKit['flo']> | ReturnType<MarbleKit['lightning']>;

/** Something that happened in a run: on one of its wires, from 0, or to one of those who play in it. */
export type StagedEvent =
  | { readonly wire: number; readonly moment: WireMoment; readonly isLost: boolean }
  | { readonly wire: undefined; readonly atMs: number; readonly words: string };

/** What a scenario sets up, so that it can be struck. */
export class Stage implements Cast {
  /** The kit, which from now on tells the stage what is made with it. */
  readonly kit: MarbleKit;
  readonly servers: string[] = [];
  readonly programs: string[] = [];
  /** In order. */
  readonly events: StagedEvent[] = [];
  private readonly rigs: Rig[] = [];
  private readonly running: Crashable[] = [];
  private readonly recoveries = new Subscription();
  private blow: Blow | undefined;

  constructor(
    kit: MarbleKit,
    private readonly trace: Trace,
    private readonly turns: Turns,
    private readonly run: MarbleRun,
  ) {
    this.kit = {
      ...kit,
      lance: (options) => this.watched('lance', kit.lance(options)),
      flo: (options) => this.watched('flo', kit.flo(options)),
      lightning: (options) => this.watched('lightning', kit.lightning(options)),
      crashable: (main) => this.started(new Crashable(main)),
      cold: (...diagram) => {
        const cold = kit.cold(...diagram);
        // Whoever dies before the turn has none.
        cold.scheduler = scheduling(turns.counting(run.scheduler), ofPresentLife);
        return cold;
      },
    };
  }

  /** A turn is about to begin. */
  turn(): void {
    this.note(undefined, -1);
  }

  strike({ blow, target, words }: Strike, { downMs, restartMs }: ResolvedCrashOptions): void {
    this.blow = blow;
    this.tell(words);
    if (blow === 'kill') this.kill(target, restartMs);
    else this.hit(target, blow, downMs);
  }

  /** The wire with this number, from 0. */
  wire(index: number): Wire {
    return this.rigs[index]!.wire;
  }

  /** Nothing that the scenario began goes on. */
  end(): void {
    this.recoveries.unsubscribe();
    for (const program of this.running) program.crash();
  }

  private kill(target: number, restartMs: number): void {
    const program = this.running[target];
    if (program?.alive !== true) return;
    program.crash();
    this.later(restartMs, () => {
      if (program.alive) return;
      this.tell(`${this.programs[target]} begins again`);
      program.start();
    });
  }

  private hit(target: number, blow: Exclude<Blow, 'kill'>, downMs: number): void {
    const rig = this.rigs[target];
    if (rig === undefined) return;
    within(undefined, () => {
      if (blow === 'cut') rig.apply(fault.drop());
      else if (blow === 'reset') rig.server.faults.dropConnections();
      else rig.stop();
    });
    if (blow !== 'stop') return;
    this.later(downMs, () => {
      this.tell(`${this.servers[target]} is back`);
      rig.start();
    });
  }

  private note(event: WireMoment | undefined, wire: number): void {
    const open = this.rigs.map((rig) => rig.wire.open);
    const alive = this.running.map((program) => program.alive);
    this.trace.note({ atMs: this.run.nowMs, event, wire, open, alive });
  }

  private tell(words: string): void {
    this.events.push({ wire: undefined, atMs: this.run.nowMs, words });
  }

  private later(delayMs: number, then: () => void): void {
    this.turns.ignoreNext();
    this.recoveries.add(within(undefined, () => clock.after(delayMs, then)));
  }

  private started(program: Crashable): Crashable {
    const count = this.running.push(program);
    this.programs.push(count === 1 ? 'the program' : `program ${count}`);
    program.start();
    return program;
  }

  private watched<R extends Rig>(name: string, rig: R): R {
    const wire = this.rigs.push(rig) - 1;
    const others = this.servers.filter((each) => each.startsWith(name)).length;
    this.servers.push(others === 0 ? name : `${name} ${others + 1}`);
    rig.wire.onEvent((moment) => this.happened(wire, moment));
    return rig;
  }

  private happened(wire: number, moment: WireMoment): void {
    const { direction, connection } = moment.value;
    if (direction === 'received') this.events.push({ wire, moment, isLost: false });
    const count = this.events.length;
    this.note(moment, wire);
    if (direction === 'received') return;
    // It breaks while this is being written, or whoever writes it has just died.
    const sinceThen = this.events.slice(count);
    const isCut = this.blow === 'cut' && sinceThen.length > 0;
    const isClosed = sinceThen.some((each) => each.wire === wire && each.moment.value.connection === connection);
    this.events.push({ wire, moment, isLost: isCut || isClosed });
  }
}
