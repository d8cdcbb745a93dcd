import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Summary } from '../../examples/flights/report.js';
import { withServers } from './servers.js';

const root = join(__dirname, '..', '..');
const MAIN = join(root, 'examples', 'flights', 'main.ts');
const LIMIT_MS = 60_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('npm start', () => {
  it.each([1, 2])(
    'with --json prints one line of exact sums, and the model wins (seed %i)',
    async (seed) => {
      const { code, stdout, stderr } = await start('--json', '--seed', String(seed));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
      const summary = JSON.parse(stdout) as Summary;
      expect(Object.keys(summary)).toEqual(['flights', 'streams', 'model', 'seconds', 'peakRssMiB']);
      const { flights, streams, model } = summary;
      expect(flights.in).toBe(16_076);
      expect(flights.dead).toBeGreaterThan(0);
      expect(flights.trained + flights.dead).toBe(flights.in);
      expect(Object.keys(streams)).toEqual(['lance:flights', 'flo:mini-batches', 'lightning:rollouts']);
      for (const fate of Object.values(streams)) {
        expect(fate.acked + fate.nacked + fate.dead + fate.abandoned).toBe(fate.delivered);
      }
      const batches = streams['lance:flights']!.delivered;
      expect(batches).toBeGreaterThanOrEqual(200);
      expect(streams['lance:flights']!.acked).toBe(batches);
      // One batch in twenty fails, every second of them for good: those are tried four times.
      const dead = streams['flo:mini-batches']!.dead;
      expect(dead).toBeGreaterThanOrEqual(5);
      expect(streams['flo:mini-batches']).toMatchObject({ acked: batches - dead, abandoned: 0 });
      const attempts = streams['lightning:rollouts']!;
      expect(attempts).toMatchObject({ acked: batches - dead, dead, abandoned: 0 });
      expect(attempts.nacked).toBeGreaterThanOrEqual(3 * dead + 5);
      expect(model.error).toBeLessThan(model.baselineError);
      expect(summary.seconds).toBeLessThan(40);
      expect(summary.peakRssMiB).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  it(
    'finds out when a flight is lost, and fails',
    async () => {
      const { code, stdout, stderr } = await start('--json', '--lose', '1');
      expect(code).toBe(1);
      const { flights } = JSON.parse(stdout) as Summary;
      expect(flights.trained + flights.dead).toBe(16_075);
      expect(stderr).toMatch(/^Not exact: 1 flight is missing: 16,076 went in, /);
    },
    LIMIT_MS,
  );

  it(
    'shows a report for people, tidy when it is piped',
    async () => {
      const { code, stdout, stderr } = await start();
      expect(code).toBe(0);
      expect(stdout).toMatch(/^16,076 flights in = [\d,]+ trained \+ [\d,]+ dead\n/);
      for (const name of ['lance:flights', 'flo:mini-batches', 'lightning:rollouts']) {
        expect(stdout).toMatch(new RegExp(`^ ${name} .* exact$`, 'm'));
      }
      expect(stdout).toContain('┤');
      expect(stdout).toMatch(/^Memory +peak \d+ MiB$/m);
      expect(
        stderr
          .trimEnd()
          .split('\n')
          .map((line) => line.split(':')[0]),
      ).toEqual(['produce', 'train', 'read back']);
      expect(stdout + stderr).not.toContain('\u001b');
    },
    LIMIT_MS,
  );

  it(
    'says in plain words what is wrong with an option or a server',
    async () => {
      const [badHost, badUrl, lance, flo, lightning] = await Promise.all([
        start('--flo', 'nowhere'),
        start('--lightning', '127.0.0.1:4747'),
        // Port 1 is reserved and nobody listens there.
        start('--lance', '127.0.0.1:1'),
        start('--flo', '127.0.0.1:1'),
        start('--lightning', 'http://127.0.0.1:1'),
      ]);
      expect(badHost.code).not.toBe(0);
      expect(badHost.stderr).toContain('host:port');
      expect(badUrl.code).not.toBe(0);
      expect(badUrl.stderr).toContain('http://127.0.0.1:4747');
      for (const [system, { code, stderr }] of Object.entries({ Lance: lance, Flo: flo, Lightning: lightning })) {
        expect(code).toBe(1);
        expect(stderr).toMatch(
          new RegExp(
            `^The job failed: no connection to ${system} \\(.*127\\.0\\.0\\.1:1: .+ Is a server running there\\?\\n$`,
          ),
        );
        expect(stderr).not.toContain('    at ');
      }
    },
    LIMIT_MS,
  );

  it(
    'uses other servers, beside what is there, and leaves nothing behind that can be taken away',
    async () => {
      await withServers(async ({ lance, flo, lightning }) => {
        lance.createTopic('flights');
        flo.enqueue('mini-batches', Buffer.from('not ours'));
        const { code, stdout } = await start(
          ...['--json', '--lance', lance.address, '--flo', flo.address, '--lightning', lightning.origin],
        );
        expect(code).toBe(0);
        const { flights, streams } = JSON.parse(stdout) as Summary;
        expect(flights.trained + flights.dead).toBe(16_076);
        const [topic, ...others] = Object.keys(streams);
        expect(topic).toMatch(/^lance:flights-[0-9a-f]{8}$/);
        expect(others).toEqual(['flo:mini-batches', 'lightning:rollouts']);
        expect(lance.topics.map(({ name }) => name)).toEqual(['flights']);
        expect(flo.queue('mini-batches')).toEqual({ ready: 1, delayed: 0, leased: 0, dead: 0 });
      });
    },
    LIMIT_MS,
  );

  it(
    'drains, reports and exits cleanly after Ctrl-C',
    async () => {
      const child = spawn(process.execPath, ['--import', 'tsx', MAIN], { cwd: root, timeout: LIMIT_MS / 2 });
      const ended = once(child, 'close') as Promise<[number | null]>;
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        // All has been sent and the training begins.
        if (stderr === '') child.kill('SIGINT');
        stderr += text;
      });
      const [code] = await ended;
      expect(code).toBe(0);
      expect(stderr).not.toContain('Not exact');
      expect(stdout).toMatch(
        /^16,076 flights in = [\d,]+ trained \+ [\d,]+ dead \+ [\d,]+ left when the run was stopped\n/,
      );
      expect(stdout.match(/^ \w+:\S+ .* exact$/gm)).toHaveLength(3);
    },
    LIMIT_MS,
  );
});

function start(...options: string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', MAIN, ...options],
      { cwd: root, timeout: LIMIT_MS / 2 },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}
