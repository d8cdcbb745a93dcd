import { PassThrough } from 'node:stream';
import { lines, noProgress, showProgress } from '../../examples/flights/progress.js';

describe('progress', () => {
  it('is one line per finished stage where nobody watches', () => {
    const written: string[] = [];
    const progress = lines((line) => written.push(line));
    const produce = progress.stage('produce', 16_076);
    for (let sent = 0; sent < 16_000; sent += 500) produce.add(500);
    expect(written).toEqual([]);
    produce.add(76);
    produce.end();
    const train = progress.stage('train', 100);
    train.add(40);
    train.end();
    progress.close();
    expect(written).toHaveLength(2);
    expect(written[0]).toMatch(/^produce: 16,076 of 16,076 in \d+\.\d s\n$/);
    expect(written[1]).toMatch(/^train: 40 of 100 in \d+\.\d s\n$/);
  });

  it('is lines when the output is a pipe, bars when it is a terminal', () => {
    expect(shown({ isTTY: false })).toMatch(/^produce: 10 of 10 in 0\.\d s\n$/);
    const bars = shown({ isTTY: true });
    expect(bars).toContain('10 of 10');
    expect(bars).toContain('█');
    // The cursor that was hidden is shown again.
    expect(bars.lastIndexOf('\u001b[?25h')).toBeGreaterThan(bars.lastIndexOf('\u001b[?25l'));
  });

  it('leaves Ctrl-C to the job', () => {
    const before = process.listenerCount('SIGINT');
    const output = terminal({ isTTY: true });
    const progress = showProgress(output);
    progress.stage('produce', 10);
    expect(process.listenerCount('SIGINT')).toBe(before);
    progress.close();
  });

  it('can be nothing at all', () => {
    const stage = noProgress.stage('produce', 1);
    expect(() => {
      stage.add(1);
      stage.end();
      noProgress.close();
    }).not.toThrow();
  });
});

function shown(kind: { isTTY: boolean }): string {
  const output = terminal(kind);
  const progress = showProgress(output);
  const stage = progress.stage('produce', 10);
  stage.add(10);
  stage.end();
  progress.close();
  return String(output.read());
}

function terminal(kind: { isTTY: boolean }): NodeJS.WriteStream & PassThrough {
  return Object.assign(new PassThrough(), kind, { columns: 100 }) as unknown as NodeJS.WriteStream & PassThrough;
}
