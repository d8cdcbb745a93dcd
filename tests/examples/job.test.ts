import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { LanceServer } from 'sluice/embedded';
import { LanceClient } from 'sluice/lance';
import type { Summary } from '../../examples/flights/report.js';

const root = join(__dirname, '..', '..');
const MAIN = join(root, 'examples', 'flights', 'main.ts');
const LIMIT_MS = 60_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('npm start', () => {
  it.each([1, 2, 3])(
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
      expect(Object.keys(streams)).toEqual(['lance:flights', 'lance:flights-dead']);
      for (const fate of Object.values(streams)) {
        expect(fate.acked + fate.nacked + fate.dead + fate.abandoned).toBe(fate.delivered);
      }
      // One batch in twenty fails, every second of them for good.
      expect(streams['lance:flights']?.delivered).toBeGreaterThanOrEqual(200);
      expect(streams['lance:flights']?.dead).toBeGreaterThanOrEqual(5);
      expect(model.error).toBeLessThan(model.baselineError);
      expect(summary.seconds).toBeLessThan(30);
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
      expect(stdout).toMatch(/^ lance:flights .* exact$/m);
      expect(stdout).toContain('┤');
      expect(stdout).toMatch(/^Memory +peak \d+ MiB$/m);
      expect(
        stderr
          .trimEnd()
          .split('\n')
          .map((line) => line.split(':')[0]),
      ).toEqual(['produce', 'train', 'dead letters']);
      expect(stdout + stderr).not.toContain('\u001b');
    },
    LIMIT_MS,
  );

  it(
    'says in plain words what is wrong with an option or a server',
    async () => {
      const bad = await start('--lance', 'nowhere');
      expect(bad.code).not.toBe(0);
      expect(bad.stderr).toContain('host:port');
      // Port 1 is reserved and nobody listens there.
      const gone = await start('--lance', '127.0.0.1:1');
      expect(gone.code).toBe(1);
      expect(gone.stderr).toMatch(
        /^The job failed: no connection to Lance \(127\.0\.0\.1:1: .+ Is a server running there\?\n$/,
      );
      expect(gone.stderr).not.toContain('    at ');
    },
    LIMIT_MS,
  );

  it(
    'uses another Lance server, beside what is there, and leaves nothing behind',
    async () => {
      const server = await lastValueFrom(new LanceServer().start());
      const lance = new LanceClient({ host: server.host, port: server.port });
      await lastValueFrom(lance.createTopic('flights'));
      const { code, stdout } = await start('--json', '--lance', server.address);
      expect(code).toBe(0);
      const { flights, streams } = JSON.parse(stdout) as Summary;
      expect(flights.trained + flights.dead).toBe(16_076);
      expect(Object.keys(streams)).toEqual([
        expect.stringMatching(/^lance:flights-[0-9a-f]{8}$/),
        expect.stringMatching(/^lance:flights-dead-[0-9a-f]{8}$/),
      ]);
      const left = await lastValueFrom(lance.listTopics());
      expect(left.map((topic) => topic.name)).toEqual(['flights']);
      await lastValueFrom(lance.close());
      await lastValueFrom(server.stop());
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
      expect(stdout).toMatch(/^ lance:flights .* exact$/m);
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
