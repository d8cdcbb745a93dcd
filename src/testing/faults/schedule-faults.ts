import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import type { MarbleEvent, Recording } from '../marbles/recording.js';
import { currentRun, type MarbleRun } from '../run/marble-run.js';
import { schedule } from '../run/schedule.js';
import { JumpingClock } from './clock-jump.js';
import { checkedFault, type ClockJump, type Fault, type Restart, type WireFault } from './fault.js';
import { DEFAULT_FAULTS, faultInWords, type FaultLegend } from './letters.js';
import { UnmetFaults } from './unmet.js';

/** What faults happen to. */
export interface FaultTarget {
  /** For the name of the recording, such as `lance`. */
  readonly name?: string | undefined;
  /** A {@link FaultyConnector} or a {@link FaultyRequester}. */
  readonly wire: {
    apply(fault: WireFault, met: () => void): void;
    check(fault: WireFault): void;
    whenUsed(met: () => void): Subscription;
  };
  readonly server: { stop(): void; start(): void };
}

/**
 * Lets faults happen at the moments of a diagram, counted from the beginning of the run, and returns a recording of them.
 * `legend` says what its letters stand for, beside or instead of {@link DEFAULT_FAULTS}. A fault that has met nothing when
 * the run ends fails it with a {@link GuardError}, unless it is one of `fault.ifAny`.
 *
 * @throws InvalidOptionError for a letter that stands for no fault, or for one that is not possible there, or that is
 * before now.
 * @throws DiagramError
 *
 * @example
 * import { fault, marbles } from 'sluice/testing';
 * marbles(({ lance }) => {
 *   const { faults, client } = lance();
 *   client.createTopic('log').subscribe();
 *   faults('5ms s 5s h', { s: fault.slowReader({ bytesPerMs: 10 }) });
 * });
 */
export function scheduleFaults(diagram: string, legend: FaultLegend, target: FaultTarget): Recording {
  const run = currentRun();
  const known: FaultLegend = { ...DEFAULT_FAULTS, ...legend };
  const where = new Error('where');
  const used: Record<string, Fault> = {};
  for (const { kind, letter } of parseDiagram(diagram).moments) {
    const meant = kind === 'next' && Object.hasOwn(known, letter) ? known[letter] : undefined;
    if (meant === undefined) throw new InvalidOptionError('faults', diagram, unknown(letter, known));
    used[letter] = possible(`faults: ${letter}`, meant, target);
  }
  const events: MarbleEvent[] = [];
  const deeds: Record<string, () => void> = {};
  for (const [letter, each] of Object.entries(used)) {
    deeds[letter] = () => {
      events.push({ atMs: run.nowMs, kind: 'next', value: each, words: faultInWords(each) });
      occur(each, target, where, letter);
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

function possible(option: string, given: Fault, { wire }: FaultTarget): Fault {
  checkedFault(option, given);
  if (given.kind !== 'restart' && given.kind !== 'clockJump') wire.check(given);
  return given;
}

/**
 * Lets a fault happen now. One that has met nothing when the run ends fails it, unless it is one of `fault.ifAny`.
 *
 * @throws InvalidOptionError for what is no fault, or not possible there.
 * @internal
 */
export function happen(given: Fault, target: FaultTarget): void {
  occur(possible('apply', given, target), target, new Error('where'));
}

function occur(given: Fault, target: FaultTarget, where: Error, letter?: string): void {
  const run = currentRun();
  const met = UnmetFaults.of(run).add({ fault: given, letter, target: target.name, atMs: run.nowMs, where });
  if (given.kind === 'restart') restart(given, target, met, run);
  else if (given.kind === 'clockJump') jump(given, run, met);
  else target.wire.apply(given, met);
}

const starts = new WeakMap<FaultTarget['wire'], Subscription>();

/** The last of restarts that overlap says when the server comes back. */
function restart({ downMs }: Restart, { wire, server }: FaultTarget, met: () => void, run: MarbleRun): void {
  run.lasts(run.nowMs + downMs);
  starts.get(wire)?.unsubscribe();
  const use = wire.whenUsed(met);
  server.stop();
  const start = clock.after(downMs, () => {
    use.unsubscribe();
    server.start();
  });
  starts.set(wire, start);
}

const clocks = new WeakMap<MarbleRun, JumpingClock>();

function jump({ ms }: ClockJump, run: MarbleRun, met: () => void): void {
  met();
  let jumping = clocks.get(run);
  if (jumping === undefined) {
    jumping = new JumpingClock();
    clocks.set(run, jumping);
    run.onOver(() => jumping?.restore());
  }
  jumping.jump(ms);
}
