import { measureHeats, type MeasureOptions } from '../harness/command.js';
import type { Heat } from '../harness/heat.js';
import { GenuineGround, type Address } from './genuine-ground.js';

/** Against the server that `LANCE_ADDR` names, if it does; true when that was done. */
export async function measuredGenuine(heats: readonly Heat[], options: MeasureOptions): Promise<boolean> {
  const named = process.env['LANCE_ADDR'];
  if (named === undefined || named === '') return false;
  const address = parse(named);
  await measureHeats(
    {
      heats,
      server: `Server: ${named}, which runs where it likes, as its clients do`,
      // What it writes costs CPU in the kernel, which looks like somebody else's.
      effort: {
        rounds: 5,
        warmUp: { settleMs: 300, windowMs: 1000 },
        timing: { settleMs: 500, windowMs: 2000 },
        gate: { startBelow: 0.15, acceptBelow: 0.3, retries: 3, patienceMs: 5000 },
        budgetMs: 400_000,
      },
      open: async (heat, { progress }) => GenuineGround.open(heat, address, progress),
    },
    options,
  );
  return true;
}

function parse(named: string): Address {
  const at = named.lastIndexOf(':');
  const port = Number(named.slice(at + 1));
  if (at < 1 || !Number.isInteger(port)) throw new Error(`LANCE_ADDR must be host:port, not ${named}`);
  return { host: named.slice(0, at), port };
}
