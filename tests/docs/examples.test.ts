import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docstringSnippets, markdownSnippets, type Snippet } from './snippets.js';

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');

/** Writes each snippet as a module of its own, inside the project so that `sluice` means this one. */
function write(snippets: readonly Snippet[]): { folder: string; files: string[] } {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache/examples-'));
  const files = snippets.map(({ name, code }) => {
    const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.ts`);
    writeFileSync(file, `${code}\nexport {};\n`);
    return file;
  });
  return { folder, files };
}

describe('examples', () => {
  it('of docstrings and README are correct TypeScript', async () => {
    const snippets = [...docstringSnippets('src'), ...markdownSnippets('README.md')];
    expect(snippets.length).toBeGreaterThan(30);
    const { folder } = write(snippets);
    try {
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }),
      );
      const checked = run('npx', ['--no-install', 'tsc', '--noEmit', '-p', folder], { cwd: ROOT });
      await expect(
        checked.catch((error: { stdout?: string }) => Promise.reject(new Error(error.stdout))),
      ).resolves.toBeTruthy();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it('of the README do what their comments say', async () => {
    for (const { name, code } of markdownSnippets('README.md')) {
      const expected = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
      expect(expected).not.toEqual([]);
      const folder = mkdtempSync(join(ROOT, '.cache/examples-'));
      try {
        const module = join(folder, `${name.replaceAll(/\W+/g, '-')}.mts`);
        writeFileSync(module, code);
        const { stdout } = await run(process.execPath, ['--import', 'tsx', module], { cwd: ROOT });
        expect(stdout.trimEnd().split('\n')).toEqual(expected);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  }, 60_000);

  it('of the README link to what is there', () => {
    const links = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(10);
    expect(links.map(([, path]) => path ?? '').filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
