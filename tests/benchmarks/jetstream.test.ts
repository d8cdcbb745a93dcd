import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeReaders, verdictOf, type Reader } from '../../benchmarks/jetstream/report.js';
import { drawStrip } from '../../benchmarks/jetstream/strip.js';

const MIB = 1 << 20;
const LOAD = { name: 'load', records: 100, recordBytes: 1024, slowMs: 2, watchMs: 1000 };

function reader(name: string, rssMib: number, ours?: true): Reader {
  const growth = { heapUsed: 0, external: 0, rss: rssMib * MIB };
  const figures = {
    taken: 100,
    again: 0,
    processed: 10,
    seconds: 1,
    growth,
    samples: [{ ms: 500, rss: rssMib * MIB }],
  };
  return { name, figures, ...(ours && { ours }) };
}

describe('the benchmark of a JetStream iterator', () => {
  test('says how to get what is missing, and is no failure', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-no-peer-'));
    try {
      const args = ['benchmarks/main.ts', 'jetstream', '--nats-server', join(folder, 'none'), '--packages', folder];
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', ...args]);
      expect(stdout).toContain('apt-get install nats-server');
      expect(stdout).toMatch(/npm install --no-save .*@nats-io\/jetstream@\S+ @nats-io\/transport-node@\S+/);
      expect(stdout.trimEnd().endsWith('Verdict: not measured')).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('judges Sluice, whatever the peer does', () => {
    expect(verdictOf([reader('peer', 300), reader('sluice', 40, true)])).toBe('hold');
    expect(verdictOf([reader('peer', 10), reader('sluice', 81, true)])).toBe('below');
  });

  test('draws all readers on one scale', () => {
    const [, peer, sluice] = describeReaders(LOAD, [reader('peer', 256), reader('sluice', 64, true)]).split(
      /^.*RSS \+\d/m,
    );
    expect(peer?.match(/█/g)).toHaveLength(4);
    expect(sluice?.match(/█/g)).toHaveLength(1);
  });

  test('draws the most of each column, in eighths of a row', () => {
    const samples = [
      { ms: 0, rss: 0 },
      { ms: 10, rss: 8 },
      { ms: 12, rss: 3 },
      { ms: 30, rss: 16 },
      { ms: 99, rss: 1 },
    ];
    const strip = drawStrip(samples, { topBytes: 16, untilMs: 40, columns: 4, rows: 2 });
    expect(strip).toEqual(['   █', ' █ █']);
  });
});
