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

describe('docs/testing.md', () => {
  const snippets = snippetsWithImports('docs/testing.md');

  for (const snippet of snippets) {
    if (snippet.kind === '') runs(snippet);
    else if (snippet.kind === 'fails') fails(snippet);
  }

  it('its tests for node:test pass there', async () => {
    const files = snippets.filter(({ kind }) => kind === 'node').map((snippet) => written.write(snippet, 'mts'));
    expect(files.length).toBeGreaterThan(0);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=tap', ...files], {
      cwd: ROOT,
    });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(stdout).toMatch(/^# pass [1-9]/m);
  }, 60_000);

  it.each([
    ['Lance', LANCE_LETTERS],
    ['Flo', FLO_LETTERS],
    ['Lightning', LIGHTNING_LETTERS],
  ])('names all letters of %s', (_, table) => {
    const page = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8').replaceAll(/\s+/g, ' ');
    const letters = Object.entries(table)
      // The answers to those in upper case.
      .filter(([, name]) => !name.endsWith(' answered'))
      .filter(([letter, name]) => !page.includes(`\`${letter}\` ${name}`));
    expect(letters).toEqual([]);
  });

  it('names all default letters of faults, and all faults', () => {
    const page = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8');
    expect(Object.keys(DEFAULT_FAULTS).filter((letter) => !page.includes(`\`${letter}\``))).toEqual([]);
    expect(Object.keys(fault).filter((name) => !page.includes(`\`fault.${name}(`))).toEqual([]);
  });

  it('has no snippet that nobody runs', () => {
    const known = ['', 'fails', 'node', 'vitest'];
    expect(snippets.map(({ kind }) => kind).filter((kind) => !known.includes(kind))).toEqual([]);
    expect(snippets.length).toBeGreaterThan(15);
  });
});

describe('examples in docstrings of src/testing', () => {
  for (const snippet of docstringSnippets('src/testing')) runs(snippet);
});
