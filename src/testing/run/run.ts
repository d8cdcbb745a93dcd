import type { RunHelpers } from 'rxjs/testing';
import { clock } from '../../foundation/clock.js';
import { assertMessages } from '../marbles/assert-messages.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import type { Legend, Recording } from '../marbles/recording.js';
import { addWords } from './add-words.js';
import { asynchronous, endless, idle, leftOpen, standstill, stillOpen } from './dead-ends.js';
import { Expectations } from './expectations.js';
import { GuardError } from './guard-error.js';
import { during, type Caller, type MarbleRun } from './marble-run.js';
import { marbleOptions, type MarbleOptions } from './options.js';
import { report } from './report.js';
import { isAsync, isScript, play, type Script } from './script.js';
import { seededRandom } from './seeded-random.js';
import { Timers, type TimersOwner } from './timers.js';
import { UnreadErrors } from './unread-errors.js';
import { VirtualTime } from './virtual-time.js';

/** What a test leaves behind. */
export interface Remains {
  /** What stands in the way of the end, if anything: when the test has ended, and when virtual time has, which `isOver` then. */
  report(isOver: boolean): string | undefined;
  /** Ends all of it. */
  close(): void;
}

/** One test in virtual time. */
export class Run implements MarbleRun, TimersOwner {
  readonly scheduler: VirtualTime;
  readonly options: Required<MarbleOptions>;
  private readonly timers = new Timers(this);
  private readonly expectations = new Expectations();
  private readonly unread = new UnreadErrors();
  private readonly shown = new Map<Recording, Legend | undefined>();
  private readonly samples: ((atMs: number) => void)[] = [];
  private readonly checks: (() => void)[] = [];
  private readonly restores: (() => void)[] = [];
  private script: Script | undefined;
  private hasScriptEnded = false;
  private hasCompared = false;
  /** The last moment that the test knows of, and how long it may go on behind that. */
  private knownMs = 0;
  private graceMs: number;
  private scriptEndedMs = 0;
  /** What was open when the script had ended. */
  private leftOpen: GuardError | undefined;
  /** When something would still go on. */
  private endlessMs: number | undefined;

  constructor(
    options: MarbleOptions,
    private readonly remains: Remains,
  ) {
    this.options = marbleOptions(options);
    this.graceMs = this.options.limitMs;
    this.scheduler = new VirtualTime((actual, expected) =>
      this.expectations.attempt(() => assertMessages(actual, expected)),
    );
    this.scheduler.frameEnds = (atMs) => this.frameEnds(atMs);
    this.scheduler.announced = (untilMs) => this.lasts(untilMs);
    this.scheduler.limitReached = (nextMs) => this.limitReached(nextMs);
    this.lasts(0);
  }

  get nowMs(): number {
    return this.scheduler.frame;
  }

  /** Runs the test and then virtual time to its end, and throws what was wrong. */
  play(test: (helpers: RunHelpers) => unknown): void {
    during(this, () => {
      const random = Math.random;
      const { seed, jitter } = this.options;
      Math.random = jitter === 'none' ? () => 1 - Number.EPSILON : seededRandom(seed);
      try {
        this.timers.during(() => this.scheduler.run((helpers) => this.perform(() => test(helpers))));
      } catch (error) {
        addWords(error, [this.alreadyDifferent(error), this.unread.inWords()]);
        throw error;
      } finally {
        Math.random = random;
        for (const restore of this.restores) restore();
        report(this.shown);
      }
    });
  }

  expect(recording: Recording, diagram: string, values?: Legend, error?: unknown, above: Caller = this.expect): void {
    const where = new Error('where');
    Error.captureStackTrace(where, above);
    this.lasts(parseDiagram(diagram).moments.at(-1)?.atMs ?? 0);
    this.show(recording, values);
    this.unread.read(recording);
    this.expectations.add({ recording, diagram, values, error, where });
  }

  show(recording: Recording, values?: Legend): void {
    this.shown.set(recording, values);
  }

  mayExplain(recording: Recording, isRead: () => boolean): void {
    this.unread.watch(recording, isRead);
  }

  lasts(untilMs: number): void {
    this.knownMs = Math.max(this.knownMs, untilMs);
    this.scheduler.limitMs = this.knownMs + this.graceMs;
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
    this.fail(idle(this.timers.origin));
  }

  standsStill(): void {
    this.fail(standstill(this.nowMs, this.timers.origin));
  }

  private perform(test: () => unknown): void {
    try {
      const made = test();
      if (isAsync(made)) throw asynchronous('marbles: the test');
      if (isScript(made)) this.begin(made);
      this.scheduler.flush();
      this.frameEnds(this.nowMs);
      this.end();
    } catch (error) {
      // While time is still virtual: what waits for a promise would go on when that settles, in real time.
      this.expectations.attempt(() => this.remains.close());
      throw error;
    } finally {
      // If it was cut short it has something to put in order, and no time for it.
      this.expectations.attempt(() => this.script?.return());
    }
  }

  private begin(script: Script): void {
    this.script = script;
    const later = (pauseMs: number, then: () => void): void => {
      this.lasts(this.nowMs + pauseMs);
      this.timers.unwatched(() => clock.after(pauseMs, then));
    };
    play(script, later, () => this.scriptEnded());
  }

  private scriptEnded(): void {
    this.hasScriptEnded = true;
    this.scriptEndedMs = this.nowMs;
    // Whatever polls for ever is of no use any more: from here on only what is known of.
    this.graceMs = 0;
    this.lasts(this.nowMs);
  }

  private limitReached(nextMs: number): void {
    if (this.hasScriptEnded && this.leftOpen === undefined) {
      const open = this.remains.report(false);
      if (open !== undefined) {
        this.leftOpen = leftOpen(this.scriptEndedMs, this.knownMs, open);
        return;
      }
      this.graceMs = this.options.limitMs;
      this.lasts(0);
    }
    if (nextMs > this.scheduler.limitMs) this.endlessMs = nextMs;
  }

  private frameEnds(atMs: number): void {
    for (const sample of this.samples) sample(atMs);
  }

  /** What a test that throws would not have told. */
  private alreadyDifferent(thrown: unknown): string | undefined {
    // A guard that ends the run is the reason for whatever has not come.
    if (this.hasCompared || thrown instanceof GuardError) return undefined;
    return this.expectations.differencesBefore(this.nowMs);
  }

  private end(): void {
    this.hasCompared = true;
    // What is still open may well be the reason for what did not come.
    this.expectations.attempt(() => this.checkEnd());
    this.expectations.compare();
    for (const check of this.checks) this.expectations.attempt(check);
    this.expectations.throwFailures();
  }

  private checkEnd(): void {
    if (this.script !== undefined && !this.hasScriptEnded) {
      throw new GuardError('marbles: the script never reached its end');
    }
    if (this.options.leaveOpen) return;
    if (this.leftOpen !== undefined) throw this.leftOpen;
    const open = this.remains.report(true);
    if (open !== undefined) throw stillOpen(this.nowMs, open);
    if (this.endlessMs !== undefined) throw endless(this.endlessMs, this.options.limitMs, this.timers.origin);
  }
}
