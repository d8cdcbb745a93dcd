import type { Corpus } from './corpus.js';
import { MemoryInUse } from './memory.js';
import type { Tally } from './tally.js';
import { live, WORLD_CASES, worldOf, type WorldPlan } from './world.js';

/** How many worlds come between two looks at the memory, which cost as much as one of them. */
const LOOK_EVERY = 10;

export interface CampaignPlan {
  readonly seed: number;
  /** The first case, moved back to where its world begins. */
  readonly from: number;
  readonly frames: number;
  /** No world begins after so long. */
  readonly seconds: number;
  readonly corpus: Corpus;
  readonly tally: Tally;
  begins: WorldPlan['begins'];
  worldIsOver?(): void;
}

/** World after world; between two of them others have their turn. Returns the most memory that was in use. */
export async function campaign({ seed, from, frames, seconds, worldIsOver, ...plan }: CampaignPlan): Promise<number> {
  const begin = worldOf(from);
  const end = from + frames;
  const stopAt = performance.now() + seconds * 1_000;
  const memory = new MemoryInUse();
  let worlds = 0;
  for (let at = begin; at < end && performance.now() < stopAt; at += WORLD_CASES) {
    live({ ...plan, seed, from: at, cases: Math.min(WORLD_CASES, end - at) });
    worldIsOver?.();
    // The first worlds have the code compiled.
    if (++worlds % LOOK_EVERY === 0) await memory.look();
    // Whoever has promised something in vain is heard of now.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return memory.most;
}
