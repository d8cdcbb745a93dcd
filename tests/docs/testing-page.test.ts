import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, promisify } from 'node:util';
import { DEFAULT_FAULTS, fault, FLO_LETTERS, LANCE_LETTERS, LIGHTNING_LETTERS } from 'sluice/testing';
import { docstringSnippets, snippetsWithImports, type Snippet } from './snippets.js';
import { Written } from './written.js';

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');
const written = new Written();

afterAll(() => written.remove());

/** A snippet with tests of its own becomes tests of this file, any other one test. */
function runs(snippet: Snippet): void {
  const file = written.write(snippet);
  if (/^(it|test|describe)(\.\w+)?\(/m.test(snippet.code)) describe(`in ${snippet.name}`, () => void require(file));
  else {
    it(`${snippet.name} does what its comments say`, () => {
      const log = jest.spyOn(console, 'log').mockImplementation(() => {});
      require(file);
      const said = log.mock.calls.map((call: unknown[]) => format(...call));
      log.mockRestore();
      const promised = [...snippet.code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
      expect(promised.length === 0 ? [] : said).toEqual(promised);
    });
  }
}

/** What the reader is told that it says is what it says. */
function fails(snippet: Snippet): void {
  it(`${snippet.name} fails as the page says`, () => {
    const file = written.write(snippet);
    let said = 'nothing';
    try {
      require(file);
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    expect(withoutTrailing(said)).toBe(withoutTrailing(snippet.says ?? 'the page must say what'));
  });
}

/** Prettier leaves no blanks at the ends of lines. */
function withoutTrailing(text: string): string {
  return text.replaceAll(/ +$/gm, '').trim();
}

const pageNamed = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const REFERENCE = 'docs/testing-reference.md';

describe.each(['docs/testing.md', REFERENCE])('%s', (page) => {
  const snippets = snippetsWithImports(page);

  for (const snippet of snippets) {
    if (snippet.kind === '') runs(snippet);
    else if (snippet.kind === 'fails') fails(snippet);
  }

  it('has no snippet that nobody runs', () => {
    const known = ['', 'fails', 'node', 'vitest'];
    expect(snippets.map(({ kind }) => kind).filter((kind) => !known.includes(kind))).toEqual([]);
    expect(snippets.length).toBeGreaterThan(10);
  });

  it('links to headings that there are', () => {
    const links = [...pageNamed(page).matchAll(/\]\(([\w-]*(?:\.md)?)#([^)]+)\)/g)];
    const missing = links.filter(
      ([, file, anchor]) => !anchorsIn(file === '' ? page : `docs/${file}`).includes(anchor!),
    );
    expect(links.length).toBeGreaterThan(5);
    expect(missing.map(([link]) => link)).toEqual([]);
  });
});

function anchorsIn(page: string): string[] {
  const headings = [...pageNamed(page).matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/testing.md', () => {
  it('has tests for node:test that pass there', async () => {
    const files = snippetsWithImports('docs/testing.md')
      .filter(({ kind }) => kind === 'node')
      .map((snippet) => written.write(snippet, 'mts'));
    expect(files.length).toBeGreaterThan(0);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=tap', ...files], {
      cwd: ROOT,
    });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(stdout).toMatch(/^# pass [1-9]/m);
  }, 60_000);

  it('names all faults', () => {
    const page = pageNamed('docs/testing.md');
    expect(
      Object.keys(fault).filter((name) => !page.includes(`\`${name}\``) && !page.includes(`fault.${name}(`)),
    ).toEqual([]);
  });
});

describe('docs/testing-reference.md', () => {
  it.each([
    ['Lance', LANCE_LETTERS],
    ['Flo', FLO_LETTERS],
    ['Lightning', LIGHTNING_LETTERS],
  ])('names all letters of %s', (_, table) => {
    const page = pageNamed(REFERENCE).replaceAll(/\s+/g, ' ');
    const letters = Object.entries(table)
      // The answers to those in upper case.
      .filter(([, name]) => !name.endsWith(' answered'))
      .filter(([letter, name]) => !page.includes(`\`${letter}\` ${name}`));
    expect(letters).toEqual([]);
  });

  it('names all faults, and their letters', () => {
    const page = pageNamed(REFERENCE);
    expect(Object.keys(DEFAULT_FAULTS).filter((letter) => !page.includes(`\`${letter}\``))).toEqual([]);
    expect(Object.keys(fault).filter((name) => !page.includes(`\`fault.${name}(`))).toEqual([]);
  });
});

describe('examples in docstrings of src/testing', () => {
  for (const snippet of docstringSnippets('src/testing')) runs(snippet);
});
