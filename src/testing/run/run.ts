import type { RunHelpers } from 'rxjs/testing';
import { clock } from '../../foundation/clock.js';
import { assertMessages } from '../marbles/assert-messages.js';
import { compare } from '../marbles/compare.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import type { Legend, Recording } from '../marbles/recording.js';
import { GuardError } from './guard-error.js';
import { during, type Caller, type MarbleRun } from './marble-run.js';
import { marbleOptions, type MarbleOptions } from './options.js';
import { report } from './report.js';
import { play, type Script } from './script.js';
import { seededRandom } from './seeded-random.js';
import { Timers, type TimersOwner } from './timers.js';
import { VirtualTime } from './virtual-time.js';

interface Expectation {
  readonly recording: Recording;
  readonly diagram: string;
  readonly values: Legend | undefined;
  readonly error: unknown;
  /** The line that states it. */
  readonly where: Error;
}

/** One test in virtual time. */
export class Run implements MarbleRun, TimersOwner {
  readonly scheduler: VirtualTime;
  readonly options: Required<MarbleOptions>;
  /** What stands in the way of the end, asked when the test has ended and when virtual time has. */
  open: () => string | undefined = () => undefined;
  private readonly timers: Timers;
  private readonly expectations: Expectation[] = [];
  private readonly shown = new Map<Recording, Legend | undefined>();
  private readonly samples: ((atMs: number) => void)[] = [];
  private readonly checks: (() => void)[] = [];
  private readonly restores: (() => void)[] = [];
  private readonly mismatches: Error[] = [];
  private beyondLimit = false;
  /** What was open when the script ended. */
  private leftOpen: string | undefined;
  private script: 'none' | 'running' | 'ended' = 'none';

  constructor(options: MarbleOptions = {}) {
    this.options = marbleOptions(options);
    this.scheduler = new VirtualTime((actual, expected) => this.attempt(() => assertMessages(actual, expected)));
    this.scheduler.limitMs = this.options.limitMs;
    this.scheduler.frameEnds = (atMs) => this.frameEnds(atMs);
    this.scheduler.limitReached = () => (this.beyondLimit = true);
    this.timers = new Timers(this);
  }

  get nowMs(): number {
    return this.scheduler.frame;
  }

  /** Runs the test and then virtual time to its end, and throws what was wrong. */
  play(test: (helpers: RunHelpers) => unknown): void {
    const random = Math.random;
    const { seed, jitter } = this.options;
    Math.random = jitter === 'none' ? () => 1 - Number.EPSILON : seededRandom(seed);
    try {
      during(this, () => this.timers.during(() => this.scheduler.run((helpers) => this.begin(test(helpers)))));
      this.frameEnds(this.nowMs);
      this.end();
    } finally {
      Math.random = random;
      for (const restore of this.restores) restore();
      report(this.shown);
    }
  }

  expect(recording: Recording, diagram: string, values?: Legend, error?: unknown, above: Caller = this.expect): void {
    const where = new Error('where');
    Error.captureStackTrace(where, above);
    this.lasts(lastOf(diagram));
    this.show(recording, values);
    this.expectations.push({ recording, diagram, values, error, where });
  }

  show(recording: Recording, values?: Legend): void {
    this.shown.set(recording, values);
  }

  lasts(untilMs: number): void {
    this.scheduler.limitMs = Math.max(this.scheduler.limitMs, untilMs + this.options.limitMs);
  }

  onFrame(sample: (atMs: number) => void): void {
    this.samples.push(sample);
  }

  onEnd(check: () => void): void {
    this.checks.push(check);
  }

  onOver(restore: () => void): void {
    this.restores.push(restore);
  }

  fail(error: Error): void {
    this.scheduler.fail(error);
  }

  worked(): void {
    this.timers.worked();
  }

  tooIdle(): void {
    this.fail(new GuardError(idle(this.timers.origin)));
  }

  standsStill(): void {
    this.fail(new GuardError(standstill(this.nowMs, this.timers.origin)));
  }

  private begin(made: unknown): void {
    if (isPromise(made)) {
      // It may well reject later, and nobody waits for it.
      made.then(undefined, () => {});
      throw new GuardError(
        'marbles: the test returned a promise, which virtual time cannot wait for: use function* and yield',
      );
    }
    if (!isScript(made)) return;
    this.script = 'running';
    play(
      made,
      (pauseMs, then) => {
        this.lasts(this.nowMs + pauseMs);
        this.timers.unwatched(() => clock.after(pauseMs, then));
      },
      () => this.scriptEnded(),
    );
  }

  private scriptEnded(): void {
    this.script = 'ended';
    this.lasts(this.nowMs);
    this.leftOpen = this.open();
    // Whatever polls for ever is of no use any more.
    if (this.leftOpen !== undefined) this.scheduler.limitMs = this.nowMs;
  }

  private frameEnds(atMs: number): void {
    for (const sample of this.samples) sample(atMs);
  }

  private end(): void {
    for (const { recording, diagram, values, error, where } of this.expectations) {
      const mismatch = compare(recording, diagram, values, error);
      if (mismatch !== undefined) this.mismatches.push(at(where, mismatch));
    }
    for (const check of this.checks) this.attempt(check);
    // What is still open may well be the reason for what did not come.
    this.attempt(() => this.checkEnd());
    const [first, ...more] = this.mismatches;
    if (first === undefined) return;
    // Test runners would print the parts of an AggregateError once more.
    if (more.length > 0) throw at(first, new Error(this.mismatches.map(({ message }) => message).join('\n\n')));
    throw first;
  }

  private checkEnd(): void {
    if (this.script === 'running') throw new GuardError('marbles: the script never reached its end');
    if (this.options.leaveOpen) return;
    const open = this.script === 'none' ? this.open() : this.leftOpen;
    if (open !== undefined) throw new GuardError(open);
    if (this.beyondLimit) throw new GuardError(endless(this.nowMs, this.options.limitMs, this.timers.origin));
  }

  private attempt(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.mismatches.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function isScript(made: unknown): made is Script {
  return typeof made === 'object' && made !== null && Symbol.iterator in made && 'next' in made;
}

function isPromise(made: unknown): made is PromiseLike<unknown> {
  return typeof made === 'object' && made !== null && 'then' in made && typeof made.then === 'function';
}

function lastOf(diagram: string): number {
  return parseDiagram(diagram).moments.at(-1)?.atMs ?? 0;
}

/** Test runners show the line of the test where an error comes from: that of the expectation, not of the kit. */
function at(where: Error, error: Error): Error {
  const { stack = '' } = where;
  error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n    at '))}`;
  return error;
}

function idle(origin: string): string {
  return (
    `a timer goes on and on, and nothing comes of it: it is started ${origin}\n` +
    'End it with the test (takeUntil, unsubscribe), or let it wait for something to do.'
  );
}

function standstill(nowMs: number, origin: string): string {
  return (
    `time stands still at ${nowMs} ms: timers without a delay go on in a circle, most of them started ${origin}\n` +
    'Give what is repeated a delay, such as nack({ delayMs: 100 }), or an end.'
  );
}

function endless(nowMs: number, limitMs: number, origin: string): string {
  return (
    `something still goes on at ${nowMs} ms, ${limitMs} ms after the last thing that the test knows of; ` +
    `its last timers were started ${origin}\n` +
    'End what the test subscribed to, or give it more time: marbles(test, { limitMs }).'
  );
}
