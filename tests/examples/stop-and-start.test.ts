import { faultsOf } from '../../examples/flights/report.js';
import { job, Restarts, withServers, type Servers } from './servers.js';

const LIMIT_MS = 90_000;

describe('stop() and start() of a server in the middle of the job: exact sums in the end', () => {
  it.each<[string, (servers: Servers) => ConstructorParameters<typeof Restarts>]>([
    ['Lance', ({ lance }) => [[lance], { produce: [4_000, 12_000], train: [400, 1_600] }]],
    ['Flo', ({ flo }) => [[flo], { train: [800, 4_000, 10_000] }]],
    ['Lightning', ({ lightning }) => [[lightning], { train: [800, 8_000], 'read back': [50] }]],
    [
      'all three at once',
      ({ lance, flo, lightning }) => [[lance, flo, lightning], { produce: [8_000], train: [1_200] }],
    ],
  ])(
    '%s',
    async (_name, plan) => {
      await withServers(async (servers) => {
        const [which, at] = plan(servers);
        const restarts = new Restarts(which, at);
        const run = await job(servers, { progress: restarts.progress });
        await restarts.over();
        expect(faultsOf(run)).toEqual([]);
        const { in: sent, trained, dead } = run.summary.flights;
        expect(sent).toBe(16_076);
        expect(dead).toBeGreaterThan(300);
        expect(trained + dead).toBe(sent);
        expect(restarts.count).toBe(which.length * Object.values(at).flat().length);
      });
    },
    LIMIT_MS,
  );
});
