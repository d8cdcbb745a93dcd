import type { Parameters } from 'fast-check';

/** So many runs within a fixed time, under a seed that the output names; `FC_SEED` repeats one. */
export function runs(
  numRuns: number,
  withinMs = 25_000,
): { readonly title: string; readonly parameters: Parameters<unknown> } {
  const given = Number(process.env['FC_SEED'] ?? Number.NaN);
  const seed = Number.isInteger(given) ? given : Math.floor(Math.random() * 2 ** 31);
  const title = `${numRuns} runs, seed ${seed}`;
  process.stderr.write(`property test: ${title}\n`);
  return {
    title,
    parameters: { numRuns, seed, interruptAfterTimeLimit: withinMs, markInterruptAsFailure: true },
  };
}
