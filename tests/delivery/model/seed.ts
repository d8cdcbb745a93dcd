import type { Parameters } from 'fast-check';

/** At most so many runs, as many as a slow machine has time for, under a seed that the output names; `FC_SEED` repeats one. */
export function runs(
  numRuns: number,
  withinMs = 25_000,
): { readonly title: string; readonly parameters: Parameters<unknown> } {
  const given = Number(process.env['FC_SEED'] ?? Number.NaN);
  const seed = Number.isInteger(given) ? given : Math.floor(Math.random() * 2 ** 31);
  const title = `up to ${numRuns} runs, seed ${seed}`;
  process.stderr.write(`property test: ${title}\n`);
  return {
    title,
    parameters: { numRuns, seed, interruptAfterTimeLimit: withinMs },
  };
}
