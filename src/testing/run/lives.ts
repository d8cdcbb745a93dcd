import { Subscription } from 'rxjs';
import { GuardError } from './guard-error.js';
import type { Work } from './schedulers.js';
import { isAsync, isScript } from './script.js';

/** One run of a program that can be crashed: timers, connections and exchanges that its code makes belong to it. */
export interface Life {
  readonly alive: boolean;
  /** Calls `die` once: when this life ends, or when the subscription does before. */
  onDeath(die: () => void): Subscription;
}

let present: Life | undefined;

/** Whose code is running; undefined for the world that survives crashes: servers, wires and the test itself. */
export function presentLife(): Life | undefined {
  return present;
}

/** Runs `code` as part of a life; what it starts belongs to that one. */
export function within<T>(life: Life | undefined, code: () => T): T {
  const before = present;
  present = life;
  try {
    return code();
  } finally {
    present = before;
  }
}

/** The same work as a part of the life whose code is running: it is not done once that is over. */
export function ofPresentLife<T>(work: Work<T>): Work<T> {
  const life = present;
  if (life === undefined) return work;
  return function (state) {
    if (life.alive) within(life, () => work.call(this, state));
  };
}

/**
 * A program that can be crashed and started again, as a process is by `kill -9`: none of its timers fires any more,
 * nothing reaches it over a wire, its connections end, and nobody tells its code. Its timers are those of RxJS's
 * schedulers and the messages of `cold`.
 *
 * A crash comes between two turns: what its code does at one go is done whole. What is to survive, such as an offset
 * store, is made outside of it; what it subscribes to there, such as a Subject, goes on telling it.
 *
 * @example
 * import { MemoryOffsetStore } from 'sluice/lance';
 * import { marbles } from 'sluice/testing';
 * marbles(function* ({ lance, crashable }) {
 *   const rig = lance();
 *   rig.server.createTopic('log');
 *   const offsetStore = new MemoryOffsetStore();
 *   const worker = crashable(() => {
 *     rig.newClient().consume('log', { name: 'worker', offsetStore }).subscribe((batch) => batch.ack());
 *   });
 *   yield 1_000;
 *   worker.crash();
 *   yield 1_000;
 *   worker.start();
 *   yield 1_000;
 *   worker.crash();
 * });
 */
export class Crashable {
  /** How many times it has been started. */
  starts = 0;
  private life: OneLife | undefined;

  constructor(private readonly main: (start: number) => unknown) {}

  get alive(): boolean {
    return this.life !== undefined;
  }

  /**
   * Runs the program from its beginning; it is told how many times it has been started, from 1.
   *
   * @throws Error if it is running.
   * @throws {@link GuardError} if the program is async, or a generator.
   */
  start(): void {
    if (this.life !== undefined) throw new Error('crashable.start: it is running already; crash it first');
    this.life = new OneLife();
    this.starts++;
    const made = within(this.life, () => this.main(this.starts));
    // Asked first: a promise that is refused may well reject later, and nobody else would hear of it.
    if (!isAsync(made) && !isScript(made)) return;
    this.crash();
    throw new GuardError(
      'crashable: the program is async, or a generator: virtual time waits for no promise, and nobody goes through its ' +
        'steps.\nSubscribe to Observables in it, and let the test take the steps.',
    );
  }

  /** Ends it without a word; does nothing if it is not running. */
  crash(): void {
    const { life } = this;
    this.life = undefined;
    life?.end();
  }
}

class OneLife implements Life {
  alive = true;
  private readonly deaths = new Subscription();

  onDeath(die: () => void): Subscription {
    const death = new Subscription(die);
    this.deaths.add(death);
    return death;
  }

  end(): void {
    this.alive = false;
    within(undefined, () => this.deaths.unsubscribe());
  }
}
