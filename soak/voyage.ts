import { Dice } from './dice.js';
import { heapInUse } from './memory.js';
import { live, NotExactError, type WorldPlan } from './world.js';

/** So many hours the same servers and clients live; then all begins anew. A failure is replayed from there. */
export const WORLD_HOURS = 20;

/** What is left in memory after a world must not grow from one to the next. */
const MOST_GROWTH_BYTES = 32 << 20;

export interface VoyagePlan extends Pick<WorldPlan, 'sums' | 'hourIsOver'> {
  readonly seed: number;
  /** The first hour, from 1; moved back to where its world begins. */
  readonly from: number;
  readonly hours: number;
}

/** Where the world begins that this hour belongs to. */
export const worldOf = (hour: number): number => hour - ((hour - 1) % WORLD_HOURS);

/**
 * So many hours, world after world; between two worlds others have their turn. Emits the bytes that are in use after
 * each of them.
 * @throws NotExactError
 */
export async function* voyage({ seed, from, hours, ...plan }: VoyagePlan): AsyncGenerator<number, void> {
  const end = from + hours;
  let first: number | undefined;
  for (let hour = worldOf(from); hour < end; hour += WORLD_HOURS) {
    live({ ...plan, seed: seedOf(seed, hour), firstHour: hour, hours: Math.min(WORLD_HOURS, end - hour) });
    const bytes = heapInUse();
    // The first world has the code compiled.
    first ??= bytes;
    if (bytes - first > MOST_GROWTH_BYTES) {
      const [before, after] = [first, bytes].map((size) => `${(size / 2 ** 20).toFixed(1)} MiB`);
      throw new NotExactError(hour, [`memory: ${before} in use after the first hours, ${after} now`], []);
    }
    yield bytes;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Each world has a seed of its own: it can be lived without those before it. */
const seedOf = (seed: number, hour: number): number =>
  Math.floor(new Dice(seed ^ Math.imul(hour, 0x9e3779b1)).roll() * 2 ** 32);
