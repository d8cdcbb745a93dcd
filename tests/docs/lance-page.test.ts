import { readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import * as entry from 'sluice/lance';
import { LanceServer } from 'sluice/embedded';
import { lanceSwitches } from '../../src/cli/lance-switches.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { lanceSnippets } from './lance-snippets.js';
import { Written } from './written.js';

const PAGE = readFileSync(join(__dirname, '../../docs/lance.md'), 'utf8');
const written = new Written();

afterAll(() => written.remove());
afterEach(() => jest.restoreAllMocks());

describe('docs/lance.md', () => {
  it.each(lanceSnippets().map((snippet) => [snippet.name, snippet] as const))(
    '%s does what its comments say',
    async (_, snippet) => {
      const promised = [...snippet.code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
      const log = jest.spyOn(console, 'log').mockImplementation(() => {});
      // What snippets put into folders of their own goes with them.
      jest.spyOn(os, 'tmpdir').mockReturnValue(written.folder);
      const { run } = require(written.write(snippet)) as { run(): Promise<void> };
      await run();
      expect(promised).not.toEqual([]);
      expect(log.mock.calls.map((call: unknown[]) => format(...call))).toEqual(promised);
    },
  );

  it('has snippets that are run', () => {
    expect(lanceSnippets().length).toBeGreaterThan(12);
  });

  it('links to headings that there are', () => {
    const anchors = [...PAGE.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });
});

/** The options that a call knows, as it says itself when it is given another. */
function optionsOf(call: (options: never) => unknown): string[] {
  try {
    call({ noSuchOption: 1 } as never);
  } catch (error) {
    const rule = error instanceof InvalidOptionError ? String(error.context['rule']) : '';
    const [, names] = / there are (.*)$/.exec(rule) ?? [];
    if (names !== undefined) return names.split(', ');
  }
  throw new Error('it did not say which options there are');
}

/** The names that stand in the first column of the tables of a section. */
function rowsOf(section: string): string[] {
  const [, text = ''] = new RegExp(`^## ${section}$(.*?)(?=^## |(?![^]))`, 'ms').exec(PAGE) ?? [];
  return [...text.matchAll(/^\| ([^|]*)\|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([\w.]+)`/g)].map(([, name]) => name!),
  );
}

describe('every option of docs/lance.md is one, and none is missing', () => {
  const { LanceClient, Producer, StandaloneConsumer, tls } = entry;
  const lance = new LanceClient();
  const clientOptions = optionsOf((options) => new LanceClient(options));
  const among = (names: readonly string[], without: readonly string[] = []): string[] =>
    names.filter((name) => !without.includes(name)).toSorted();

  it.each([
    ['Connections', clientOptions],
    ['Consuming', optionsOf((options) => lance.consume('events', options))],
    [
      'Sinks and producers',
      [
        ...among(
          optionsOf((options) => new Producer(options)),
          clientOptions,
        ),
        'codec',
      ],
    ],
    [
      'Polling',
      among(
        optionsOf((options) => StandaloneConsumer.connect('localhost', options)),
        clientOptions,
      ),
    ],
    [
      'TLS',
      among(
        optionsOf((options) => tls(options)),
        ['host', 'port', 'connectTimeoutMs'],
      ),
    ],
    ['The embedded server', optionsOf((options) => new LanceServer(options))],
  ])('%s', (section, options) => {
    const rows = rowsOf(section).filter((name) => !name.includes('.'));
    expect(rows.toSorted()).toEqual(among(options));
  });

  it.each([
    ['Connections', 'reconnect', optionsOf((reconnect) => new LanceClient({ reconnect }))],
    ['Connections', 'commandConnections', optionsOf((commandConnections) => new LanceClient({ commandConnections }))],
    ['Consuming', 'window', optionsOf((window) => lance.consume('events', { window }))],
    ['Consuming', 'catchingUp', optionsOf((catchingUp) => lance.consume('events', { catchingUp }))],
    ['The embedded server', 'auth', optionsOf((auth) => new LanceServer({ auth }))],
    ['The embedded server', 'cluster', optionsOf((cluster) => new LanceServer({ cluster }))],
    ['The embedded server', 'tls', optionsOf((own) => new LanceServer({ tls: own }))],
  ])('%s: those of %s', (section, option, options) => {
    const rows = rowsOf(section).filter((name) => name.startsWith(`${option}.`));
    expect(rows.toSorted()).toEqual(options.map((name) => `${option}.${name}`).toSorted());
  });

  it('those of connections that a consumer for polling has, and those that it has not', () => {
    const own = optionsOf((options) => StandaloneConsumer.connect('localhost', options));
    const [, missing = ''] = /^All options of \[connections\].* but (.*) go with them\.$/m.exec(PAGE) ?? [];
    const said = [...missing.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    expect(said).toEqual(clientOptions.filter((name) => !own.includes(name)));
  });

  it('switches of the command line', () => {
    const flags = lanceSwitches().map(({ long }) => long ?? '');
    expect(flags.filter((flag) => !PAGE.includes(`\`${flag}`))).toEqual([]);
    const named = [...PAGE.matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag!);
    expect(named.filter((flag) => ![...flags, '--host', '--port'].includes(flag))).toEqual([]);
  });
});

describe('every error of docs/lance.md is one, and none is missing', () => {
  const rows = [...PAGE.matchAll(/^\| `(\w+Error)` +\| `([A-Z_]+)` +\| (yes|no) /gm)];
  const said = new Map(rows.map(([, name, code, retryable]) => [name, `${code} ${retryable}`]));

  it('with its code, and whether it is retryable', () => {
    const errors = Object.entries(entry).filter(([name]) => name.endsWith('Error') && name !== 'ChannelError');
    const real = errors.map(([name, type]) => {
      const { code, retryable } = type as unknown as { code: string; retryable: boolean };
      return [name, `${code} ${retryable ? 'yes' : 'no'}`] as const;
    });
    expect(said).toEqual(new Map(real));
  });
});
