import { InvalidOptionError } from '../../foundation/errors.js';
import { UnmetFaults } from '../faults/unmet.js';
import { marbles } from '../kit/marbles.js';
import type { MarbleKit } from '../kit/kit.js';
import { currentRun } from '../run/marble-run.js';
import { unreported } from '../run/report.js';
import { isScript } from '../run/script.js';
import { crashOptions, type CrashKind, type CrashOptions, type ResolvedCrashOptions } from './crash-options.js';
import { crashPoints, type CrashPoint, type Strike } from './crash-point.js';
import { CrashPointError } from './crash-point-error.js';
import { Stage } from './stage.js';
import { isSameMoment, Trace } from './trace.js';
import { Turns } from './turns.js';

/** What {@link everyCrashPoint} has done. */
export interface CrashReport {
  /** How many crashes the scenario has survived, each in a run of its own. */
  readonly points: number;
  /** The same by what crashed. */
  readonly byKind: Readonly<Record<CrashKind, number>>;
}

/** A script that sets things up with the kit, waits until all is done, and returns what is to be checked. */
export type CrashScenario<R> = (kit: MarbleKit) => Generator<number, R>;

/**
 * Lets everything crash that can, at every moment at which that may make a difference, each in a run of its own, and
 * checks what has become of it. The moments are those of a first run without crashes: between any two turns (a turn is
 * one timer, one arrival), and inside of them before each frame that is sent and behind each that is received.
 *
 * At each of them a connection breaks (what its client had sent arrives; or what is under way is lost), a server stops
 * and starts again with what it had stored, a program made with `crashable` is killed and started again.
 *
 * @param scenario is run once per point: what it makes outside of `crashable` survives, such as stores. It must end,
 * with a crash or without: wait with `until`.
 * @param check throws if what the scenario returned is wrong; it is told the point, or undefined when nothing crashed.
 * @throws CrashPointError that draws the earliest point that fails.
 * @throws what the scenario or `check` throws when nothing crashes, with a word that says so.
 * @throws {@link InvalidOptionError}
 *
 * @example
 * import { everyCrashPoint, until } from 'sluice/testing';
 *
 * const { points } = everyCrashPoint(
 *   function* ({ lance, crashable }) {
 *     const { server, producer } = lance();
 *     server.createTopic('log');
 *     let isAcked = false;
 *     crashable(() => {
 *       producer().send('log', 'a').subscribe({ complete: () => (isAcked = true) });
 *     });
 *     yield* until(() => isAcked);
 *     return server.read('log').length;
 *   },
 *   (bytes) => {
 *     if (bytes === 0) throw new Error('acknowledged and lost');
 *   },
 * );
 */
export function everyCrashPoint<R>(
  scenario: CrashScenario<R>,
  check: (result: R, point: CrashPoint | undefined) => void,
  options: CrashOptions = {},
): CrashReport {
  mustBeFunctions({ scenario, check });
  const resolved = crashOptions(options);
  const first = perform(scenario, check, resolved);
  if (first.failure !== undefined) throw withoutCrash(resolved.name, first.failure.error);
  const strikes = crashPoints(first.trace.moments, first.stage, resolved.crashes);
  const byKind = counted(strikes);
  for (const kind of options.crashes ?? []) {
    if (byKind[kind] === 0) throw nothingToCrash(`the scenario has nothing of the kind ${kind}`, options.crashes);
  }
  if (strikes.length === 0) throw nothingToCrash('the scenario has neither a server nor a program', options.crashes);
  const { name, only } = resolved;
  if (only !== undefined && only > strikes.length) {
    throw new InvalidOptionError('everyCrashPoint.only', only, `must be one of the ${strikes.length} points`);
  }
  for (const strike of only === undefined ? strikes : [strikes[only - 1]!]) {
    const { failure, stage } = unreported(() => perform(scenario, check, resolved, strike));
    if (failure === undefined) continue;
    throw new CrashPointError({ name, strike, points: strikes.length, stage, error: failure.error });
  }
  return { points: strikes.length, byKind };
}

/** The compiler has seen to it; users may have no types. */
function mustBeFunctions(given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'function')
      throw new InvalidOptionError(`everyCrashPoint.${name}`, value, 'must be a function');
  }
}

/** The error itself, which test runners know how to show, with a word on where it comes from. */
function withoutCrash(name: string, error: unknown): unknown {
  if (error instanceof Error) error.message = `${name}: it goes wrong even when nothing crashes\n\n${error.message}`;
  return error;
}

interface Performance {
  readonly trace: Trace;
  readonly stage: Stage;
  readonly failure: { readonly error: unknown } | undefined;
}

function perform<R>(
  scenario: CrashScenario<R>,
  check: (result: R, point: CrashPoint | undefined) => void,
  options: ResolvedCrashOptions,
  strike?: Strike,
): Performance {
  const trace = new Trace();
  const turns = new Turns();
  let stage: Stage | undefined;
  let failure: Performance['failure'];

  function* test(kit: MarbleKit): Generator<number, void> {
    const run = currentRun();
    // A crash may well take the place of a fault that the scenario has of its own.
    UnmetFaults.of(run).excused = strike !== undefined;
    const set = (stage = new Stage(kit, trace, turns, run));
    trace.reached = (index, moment) => {
      if (strike === undefined || index !== strike.index) return;
      trace.sealed = true;
      if (!isSameMoment(moment, strike.moment)) run.fail(differs(strike));
      else set.strike(strike, options);
    };
    turns.before = () => set.turn();
    const script: unknown = scenario(set.kit);
    if (!isScript(script)) throw new InvalidOptionError('everyCrashPoint.scenario', script, 'must be a function*');
    const result = yield* acted(script as Generator<number, R>, turns);
    if (strike !== undefined && !trace.sealed) throw differs(strike);
    trace.sealed = true;
    check(result, strike && pointOf(strike));
    set.end();
  }

  try {
    turns.during(() => marbles(test, { leaveOpen: true, seed: options.seed }));
  } catch (error) {
    failure = { error };
  }
  if (stage === undefined) throw failure?.error;
  return { trace, stage, failure };
}

/** The script's own pauses are no turns of what it tests. */
function* acted<R>(script: Generator<number, R>, turns: Turns): Generator<number, R> {
  try {
    for (;;) {
      const { done, value } = script.next();
      if (done === true) return value;
      turns.ignoreNext();
      yield value;
    }
  } finally {
    // If it was cut short it has something to put in order.
    script.return(undefined as R);
  }
}

function pointOf({ number, crash, atMs, words }: Strike): CrashPoint {
  return { number, crash, atMs, words };
}

function counted(strikes: readonly Strike[]): Record<CrashKind, number> {
  const counts = { connection: 0, server: 0, process: 0 };
  for (const { crash } of strikes) counts[crash]++;
  return counts;
}

function differs({ words }: Strike): Error {
  return new Error(
    `the scenario went another way than before, so that there is no such point any more (${words}): it must do the ` +
      'same each time, and make all that it uses anew',
  );
}

function nothingToCrash(why: string, crashes: unknown): InvalidOptionError {
  return new InvalidOptionError('everyCrashPoint', crashes, `${why}: use lance(), flo(), lightning() or crashable()`);
}
