import { clock } from '../src/foundation/clock.js';
import { Dice } from './dice.js';
import { Tasks } from './flo/tasks.js';
import { Readings } from './lance/readings.js';
import { Rollouts } from './lightning/rollouts.js';
import { add, type Part, type Sums } from './part.js';
import { virtually } from './virtual-time.js';

const MINUTE_MS = 60_000;
/** Work and misfortune come for so long; the rest of the hour is for all that is under way to end. */
const STORMY_MS = 50 * MINUTE_MS;
const QUIET_MS = 10 * MINUTE_MS;
/** Between two misfortunes of one system, on average. */
const MISFORTUNE_EVERY_MS = 45_000;
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
  let memory: string[] = [];
  const befall = (part: Part, hourStart: number): void => {
    const what = dice.pick(Object.keys(part.misfortunes));
    add(sums.misfortunes, what);
    memory.push(`${((clock.now() - hourStart) / 1_000).toFixed(1).padStart(7)} s  ${part.name}: ${what}`);
    part.misfortunes[what]?.();
  };
  function* story(): Generator<number, void> {
    const latencyMs = dice.between(200, 500);
    const parts: Part[] = [
      new Readings(dice.next(), latencyMs, sums.lance),
      new Tasks(dice.next(), latencyMs, sums.flo),
      new Rollouts(dice.next(), latencyMs, sums.lightning),
    ];
    if (process.env.ONLY) parts.splice(0, 3, ...parts.filter((p) => p.name === process.env.ONLY));
    for (; hour < firstHour + hours; hour++) {
      memory = [];
      const start = clock.now();
      const undisturbed = dice.chance(UNDISTURBED);
      for (const part of parts) {
        part.feed(STORMY_MS);
        if (!undisturbed) weather(dice.next(), STORMY_MS, () => befall(part, start));
      }
      yield STORMY_MS;
      for (const part of parts) part.calm();
      yield QUIET_MS;
      const complaints = parts.flatMap((part) => part.audit(undisturbed).map((what) => `${part.name}: ${what}`));
      if (complaints.length > 0) throw new NotExactError(hour, complaints, memory.slice(-REMEMBERED));
      hourIsOver();
    }
    for (const part of parts) part.end();
  }
  try {
    virtually(seed, story());
  } catch (error) {
    if (error instanceof NotExactError) throw error;
    throw new NotExactError(hour, [String(error)], memory.slice(-REMEMBERED), { cause: error });
  }
}

/** One misfortune after the other, for so long. */
function weather(dice: Dice, forMs: number, befall: () => void): void {
  const untilMs = clock.now() + forMs;
  const next = (): void => {
    if (clock.now() >= untilMs) return;
    befall();
    clock.after(dice.about(MISFORTUNE_EVERY_MS), next);
  };
  clock.after(dice.about(MISFORTUNE_EVERY_MS), next);
}
