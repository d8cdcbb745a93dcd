import { faultsOf } from '../../examples/flights/report.js';
import { seededRandom } from '../../examples/flights/random.js';
import { job, Restarts, withServers } from './servers.js';

it.each(Array.from({ length: Number(process.env['RUNS'] ?? 8) }, (_, i) => i + Number(process.env['FROM'] ?? 1)))('run %i', async (seed) => {
  const random = seededRandom(seed * 7919);
  await withServers(async (servers) => {
    const all = [servers.lance, servers.flo, servers.lightning];
    const which = all.filter(() => random() < 0.6);
    const times = (n: number, max: number) => Array.from({ length: n }, () => Math.floor(random() * max)).sort((a, b) => a - b);
    const at = { produce: times(Math.floor(random() * 3), 16000), train: times(1 + Math.floor(random() * 4), 14000), 'read back': times(Math.floor(random() * 2), 200) };
    const restarts = new Restarts(which, at, Math.floor(random() * 300));
    const began = performance.now();
    const run = await job(servers, { progress: restarts.progress, seed });
    await restarts.over();
    console.log(seed, which.map((s) => s.constructor.name).join(), JSON.stringify(at), JSON.stringify(run.summary.flights), JSON.stringify(run.summary.streams), faultsOf(run), Math.round(performance.now() - began));
    expect(faultsOf(run)).toEqual([]);
    expect(run.summary.flights.trained + run.summary.flights.dead).toBe(16076);
  });
}, 120_000);
