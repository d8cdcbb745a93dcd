import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { lanceSnippets } from './lance-snippets.js';
import { docstringSnippets, markdownSnippets, snippetsWithImports, type Snippet } from './snippets.js';
import { Written } from './written.js';

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');

async function checkTypes(snippets: readonly Snippet[]): Promise<void> {
  const written = new Written();
  try {
    for (const snippet of snippets) written.write(snippet);
    const config = { extends: '../../tsconfig.json', include: ['*.ts'] };
    writeFileSync(join(written.folder, 'tsconfig.json'), JSON.stringify(config));
    const checked = run('npx', ['--no-install', 'tsc', '--noEmit', '-p', written.folder], { cwd: ROOT });
    await expect(
      checked.catch((error: { stdout?: string }) => Promise.reject(new Error(error.stdout))),
    ).resolves.toBeTruthy();
  } finally {
    written.remove();
  }
}

describe('examples', () => {
  it('of docstrings and pages are correct TypeScript', async () => {
    const snippets = [
      ...docstringSnippets('src'),
      ...markdownSnippets('README.md'),
      ...snippetsWithImports('docs/testing.md'),
      ...snippetsWithImports('docs/testing-reference.md'),
      ...lanceSnippets(),
    ];
    expect(snippets.length).toBeGreaterThan(50);
    await checkTypes(snippets);
  }, 60_000);

  it('of the README do what their comments say', async () => {
    for (const snippet of markdownSnippets('README.md')) {
      const expected = [...snippet.code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
      expect(expected).not.toEqual([]);
      const written = new Written();
      try {
        const module = written.write(snippet, 'mts');
        const { stdout } = await run(process.execPath, ['--import', 'tsx', module], { cwd: ROOT });
        expect(stdout.trimEnd().split('\n')).toEqual(expected);
      } finally {
        written.remove();
      }
    }
  }, 60_000);

  it.each([
    'README.md',
    'docs/lance.md',
    'docs/testing.md',
    'docs/testing-reference.md',
    'examples/marble-testing/README.md',
  ])('%s links to what is there', (page) => {
    const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)(#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(2);
    const missing = links.map(([, path]) => path ?? '').filter((path) => !existsSync(join(ROOT, dirname(page), path)));
    expect(missing).toEqual([]);
  });

  it.each(['docs/lance.md', 'docs/lance-mapping.md', 'docs/testing.md', 'docs/testing-reference.md'])(
    '%s, which is in the package, links to what is in it as well',
    (page) => {
      const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
      const packed = ['README.md', ...files.filter((path) => !path.startsWith('!'))];
      const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)(#[^)]*)?\)/g)];
      const targets = links.map(([, path]) => join(dirname(page), path ?? ''));
      expect(targets).not.toEqual([]);
      const isPacked = (path: string): boolean => packed.some((root) => path === root || path.startsWith(`${root}/`));
      expect(targets.filter((path) => !isPacked(path))).toEqual([]);
    },
  );
});
