import { Subscription } from 'rxjs';

/** One run of a program that can be crashed: timers, connections and exchanges that its code makes belong to it. */
export interface Life {
  readonly alive: boolean;
  /** Calls `die` when this life ends; unsubscribing takes that back. */
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

/**
 * A program that can be crashed and started again, as a process is by `kill -9`: none of its timers fires any more,
 * nothing reaches it, its connections end, and nobody tells its code.
 *
 * A crash comes between two turns: what its code does at one go is done whole. What is to survive, such as an offset
 * store, is made outside of it. Only timers of `asyncScheduler` are known, which is the one that RxJS uses unless told
 * otherwise.
 *
 * @example
 * import { FileOffsetStore, MemoryOffsetStore } from 'sluice/lance';
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

  constructor(private readonly main: (start: number) => void) {}

  get alive(): boolean {
    return this.life !== undefined;
  }

  /**
   * Runs the program from its beginning; it is told how many times it has been started, from 1.
   *
   * @throws Error if it is running.
   */
  start(): void {
    if (this.life !== undefined) throw new Error('crashable.start: it is running already; crash it first');
    this.life = new OneLife();
    this.starts++;
    within(this.life, () => this.main(this.starts));
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
