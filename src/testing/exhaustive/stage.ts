import type { MarbleKit } from '../kit/kit.js';
import { fault } from '../faults/fault.js';
import { clock } from '../../foundation/clock.js';
import { within, type Crashable } from '../run/lives.js';
import type { Wire, WireMoment } from '../wires/wire.js';
import type { Cast, Strike } from './crash-point.js';
import type { ResolvedCrashOptions } from './crash-options.js';
import type { Trace } from './trace.js';
import type { Turns } from './turns.js';

type Rig = ReturnType<MarbleKit['lance']> | ReturnType<MarbleKit['flo']> | ReturnType<MarbleKit['lightning']>;

/** An event of any wire of a run, and whose it is. */
export interface StagedEvent {
  readonly wire: number;
  readonly moment: WireMoment;
}

/** What a scenario sets up, so that it can be struck. */
export class Stage implements Cast {
  /** The kit, which from now on tells the stage what is made with it. */
  readonly kit: MarbleKit;
  readonly servers: string[] = [];
  readonly programs: string[] = [];
  /** What was on the wires, in order. */
  readonly events: StagedEvent[] = [];
  private readonly rigs: Rig[] = [];
  private readonly running: Crashable[] = [];

  constructor(
    kit: MarbleKit,
    private readonly trace: Trace,
    private readonly turns: Turns,
    private readonly nowMs: () => number,
  ) {
    this.kit = {
      ...kit,
      lance: (options) => this.watched('lance', kit.lance(options)),
      flo: (options) => this.watched('flo', kit.flo(options)),
      lightning: (options) => this.watched('lightning', kit.lightning(options)),
      crashable: (main) => {
        const program = kit.crashable(main);
        const count = this.running.push(program);
        this.programs.push(count === 1 ? 'the program' : `program ${count}`);
        return program;
      },
    };
  }

  /** A turn is about to begin. */
  turn(): void {
    this.trace.note({ atMs: this.nowMs(), event: undefined, wire: -1 });
  }

  strike({ blow, target }: Strike, { downMs, restartMs }: ResolvedCrashOptions): void {
    if (blow === 'kill') {
      const program = this.running[target];
      if (program?.alive !== true) return;
      program.crash();
      this.later(restartMs, () => {
        if (!program.alive) program.start();
      });
      return;
    }
    const rig = this.rigs[target];
    if (rig === undefined) return;
    within(undefined, () => {
      if (blow === 'cut') rig.apply(fault.drop());
      else if (blow === 'reset') rig.server.faults.dropConnections();
      else rig.stop();
    });
    if (blow === 'stop') this.later(downMs, () => rig.start());
  }

  /** The wire with this number, from 0. */
  wire(index: number): Wire {
    return this.rigs[index]!.wire;
  }

  /** Nothing that the scenario began goes on. */
  end(): void {
    for (const program of this.running) program.crash();
  }

  private later(delayMs: number, then: () => void): void {
    within(undefined, () => this.turns.ignoring(() => clock.after(delayMs, then)));
  }

  private watched<R extends Rig>(name: string, rig: R): R {
    const wire = this.rigs.push(rig) - 1;
    const others = this.servers.filter((each) => each.startsWith(name)).length;
    this.servers.push(others === 0 ? name : `${name} ${others + 1}`);
    rig.wire.onEvent((moment) => {
      this.events.push({ wire, moment });
      this.trace.note({ atMs: moment.atMs, event: moment, wire });
    });
    return rig;
  }
}
