import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import type { MarbleEvent, Recording } from '../marbles/recording.js';
import { currentRun, type MarbleRun } from '../run/marble-run.js';
import { schedule } from '../run/schedule.js';
import { JumpingClock } from './clock-jump.js';
import type { ClockJump, Fault, Restart, WireFault } from './fault.js';
import { DEFAULT_FAULTS, faultInWords, type FaultLegend } from './letters.js';

/** What faults happen to. */
export interface FaultTarget {
  /** For the name of the recording, such as `lance`. */
  readonly name?: string | undefined;
  /** A {@link FaultyConnector} or a {@link FaultyRequester}. */
  readonly wire: { apply(fault: WireFault): void };
  readonly server: { stop(): void; start(): void };
}

/**
 * Lets faults happen at the moments of a diagram, counted from the beginning of the run, and returns a recording of them.
 * `legend` says what its letters stand for, beside or instead of {@link DEFAULT_FAULTS}.
 *
 * @throws InvalidOptionError for a letter that stands for no fault, or that is before now.
 * @throws DiagramError
 *
 * @example
 * import { fault, marbles } from 'sluice/testing';
 * marbles(({ lance }) => {
 *   const { faults } = lance();
 *   faults('100ms s 5s h', { s: fault.slowReader({ bytesPerMs: 10 }) });
 * });
 */
export function scheduleFaults(diagram: string, legend: FaultLegend, target: FaultTarget): Recording {
  const run = currentRun();
  const known: FaultLegend = { ...DEFAULT_FAULTS, ...legend };
  const used: Record<string, Fault> = {};
  for (const { kind, letter } of parseDiagram(diagram).moments) {
    const meant = kind === 'next' && Object.hasOwn(known, letter) ? known[letter] : undefined;
    if (meant === undefined) throw new InvalidOptionError('faults', diagram, unknown(letter, known));
    used[letter] = meant;
  }
  const events: MarbleEvent[] = [];
  const deeds: Record<string, () => void> = {};
  for (const [letter, each] of Object.entries(used)) {
    deeds[letter] = () => {
      events.push({ atMs: run.nowMs, kind: 'next', value: each, words: faultInWords(each) });
      happen(each, target);
    };
  }
  schedule(run, diagram, deeds);
  const recording = { name: target.name === undefined ? 'faults' : `faults of ${target.name}`, events, legend: used };
  run.show(recording);
  return recording;
}

function unknown(letter: string, known: FaultLegend): string {
  const letters = Object.entries(known).map(([each, meant]) => `${each} (${faultInWords(meant)})`);
  return `${letter} stands for no fault here; there are ${letters.join(', ')}, and the legend may name more`;
}

/** Lets a fault happen now. @internal */
export function happen(given: Fault, target: FaultTarget): void {
  if (given.kind === 'restart') restart(given, target);
  else if (given.kind === 'clockJump') jump(given, currentRun());
  else target.wire.apply(given);
}

const starts = new WeakMap<FaultTarget['wire'], Subscription>();

/** The last of restarts that overlap says when the server comes back. */
function restart({ downMs }: Restart, { wire, server }: FaultTarget): void {
  starts.get(wire)?.unsubscribe();
  server.stop();
  starts.set(
    wire,
    clock.after(downMs, () => server.start()),
  );
}

const clocks = new WeakMap<MarbleRun, JumpingClock>();

function jump({ ms }: ClockJump, run: MarbleRun): void {
  let jumping = clocks.get(run);
  if (jumping === undefined) {
    jumping = new JumpingClock();
    clocks.set(run, jumping);
    run.onOver(() => jumping?.restore());
  }
  jumping.jump(ms);
}
