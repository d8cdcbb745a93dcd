import { Dice } from './dice.js';
import { everySoOften } from './every-so-often.js';
import { Tasks } from './flo/tasks.js';
import { Readings } from './lance/readings.js';
import { Rollouts } from './lightning/rollouts.js';
import { add, type Part, type Sums } from './part.js';
import { SystemClock, virtually } from './virtual-time.js';

const MINUTE_MS = 60_000;
/** Work and misfortune come for so long; the rest of the hour is for all that is under way to end. */
const STORMY_MS = 50 * MINUTE_MS;
const QUIET_MS = 10 * MINUTE_MS;
/** Between two misfortunes of one system, on average. */
const MISFORTUNE_EVERY_MS = 90_000;
/** Somebody sets the clock of all of them. */
const JUMP_EVERY_MS = 10 * MINUTE_MS;
const MOST_OFF_MS = 2 * MINUTE_MS;
/** How many hours go by without any. */
const UNDISTURBED = 0.15;
/** How many misfortunes a complaint shows. */
const REMEMBERED = 40;

/** The sums of an hour are not exact. */
export class NotExactError extends Error {
  constructor(
    /** From 1, in the whole soak. */
    readonly hour: number,
    readonly complaints: readonly string[],
    /** What had befallen whom, oldest first. */
    readonly misfortunes: readonly string[],
    options?: ErrorOptions,
  ) {
    super(complaints.join('\n'), options);
  }
}

export interface WorldPlan {
  readonly seed: number;
  /** The number of its first hour in the whole soak, from 1. */
  readonly firstHour: number;
  readonly hours: number;
  /** By part, and under `misfortunes` what went wrong how often. */
  readonly sums: Readonly<Record<Part['name'] | 'misfortunes', Sums>>;
  hourIsOver(): void;
}

/** So many virtual hours in which the same servers, clients and programs go on living. @throws NotExactError */
export function live({ seed, firstHour, hours, sums, hourIsOver }: WorldPlan): void {
  const dice = new Dice(seed);
  let hour = firstHour;
  const systemClock = new SystemClock();
  let memory: string[] = [];
  const befall = (whom: string, what: string, leftMs: number, deed: () => void): void => {
    add(sums.misfortunes, what);
    memory.push(`${((STORMY_MS - leftMs) / 1_000).toFixed(1).padStart(7)} s  ${whom}: ${what}`);
    deed();
  };
  const storm = (parts: readonly Part[]): void => {
    for (const { name, misfortunes } of parts) {
      everySoOften(dice.next(), MISFORTUNE_EVERY_MS, STORMY_MS, (leftMs) => {
        const [what, deed] = dice.pick(Object.entries(misfortunes));
        befall(name, what, leftMs, deed);
      });
    }
    everySoOften(dice.next(), JUMP_EVERY_MS, STORMY_MS, (leftMs) => {
      const ms = dice.between(-MOST_OFF_MS, MOST_OFF_MS);
      befall('all', 'the clock is set', leftMs, () => systemClock.set(ms));
    });
  };
  function* story(): Generator<number, void> {
    const latencyMs = dice.between(500, 2_000);
    const parts: Part[] = [
      new Readings(dice.next(), latencyMs, sums.lance),
      new Tasks(dice.next(), latencyMs, sums.flo),
      new Rollouts(dice.next(), latencyMs, sums.lightning),
    ];
    for (; hour < firstHour + hours; hour++) {
      memory = [];
      const undisturbed = dice.chance(UNDISTURBED);
      for (const part of parts) part.feed(STORMY_MS);
      if (!undisturbed) storm(parts);
      yield STORMY_MS;
      systemClock.set(0);
      for (const part of parts) part.calm();
      yield QUIET_MS;
      const complaints = parts.flatMap((part) => part.audit(undisturbed).map((what) => `${part.name}: ${what}`));
      if (complaints.length > 0) throw new NotExactError(hour, complaints, memory.slice(-REMEMBERED));
      hourIsOver();
    }
    for (const part of parts) part.end();
  }
  try {
    virtually(seed, story(), systemClock);
  } catch (error) {
    if (error instanceof NotExactError) throw error;
    throw new NotExactError(hour, [String(error)], memory.slice(-REMEMBERED), { cause: error });
  }
}
