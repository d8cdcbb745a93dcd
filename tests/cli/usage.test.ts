import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain } from '../../src/cli/failure.js';
import { lanceServerOptions } from '../../src/cli/lance-switches.js';
import { program } from '../../src/cli/program.js';
import { systems } from '../../src/cli/systems.js';
import { Authority } from '../transports/certificates.js';

const PEM_KEY = 'It must have a key in PEM that needs no passphrase';

function said(...args: readonly string[]): string {
  try {
    program().parse(args, { from: 'user' });
  } catch (error) {
    return explain(error);
  }
  throw new Error('nothing was wrong with it');
}

it.each([
  [
    'an unknown system',
    ['serve', 'kafka'],
    "unknown system 'kafka', expected lance, flo, lightning; see sluice serve --help",
  ],
  [
    'a name that every object has',
    ['serve', 'toString'],
    "unknown system 'toString', expected lance, flo, lightning; see sluice serve --help",
  ],
  ['no system', ['serve'], "missing required argument 'lance|flo|lightning'; see sluice serve --help"],
  ['an unknown command', ['server'], "unknown command 'server'; see sluice --help"],
  ['no command', [], 'a command is missing; see sluice --help'],
  ['an unknown switch', ['serve', 'flo', '--prot', '1'], "unknown option '--prot'; see sluice serve --help"],
  [
    "another system's switch",
    ['serve', 'lance', '--bodies', 'sdk'],
    '--bodies is for flo only; see sluice serve --help',
  ],
  [
    'a switch that says something else',
    ['serve', 'flo', '--semantics', 'real'],
    "option '--semantics <whose>' argument 'real' is invalid. Allowed choices are documented, server; see sluice serve --help",
  ],
  [
    'an empty host',
    ['serve', 'lance', '--host', ''],
    "option '--host <host>' argument '' is invalid. It must be a name or an address; see sluice serve --help",
  ],
  [
    'an argument for a switch that takes none',
    ['serve', 'lance', '--recovery-cuts', 'yes'],
    "too many arguments for 'serve'. It takes the name of a system, and was given 'yes', too; see sluice serve --help",
  ],
  [
    'an origin of nothing',
    ['serve', 'lightning', '--cors-origin', '*', ''],
    "option '--cors-origin <origin...>' argument '' is invalid. It must not be empty; see sluice serve --help",
  ],
])('%s', (_, args, line) => {
  expect(said(...args)).toBe(line);
});

it.each(['65536', '19x', '-1', '1.5', '', ' 80'])('port %j', (port) => {
  expect(said('serve', 'lance', '--port', port)).toBe(
    `option '--port <port>' argument '${port}' is invalid. It must be an integer from 0 to 65535; see sluice serve --help`,
  );
});

it.each(['soon', '', '1e3', '2147483648'])('a time between looks of %j', (ms) => {
  expect(said('serve', 'lightning', '--scan-debounce-ms', ms)).toBe(
    `option '--scan-debounce-ms <ms>' argument '${ms}' is invalid. It must be an integer from 0 to 2147483647; see sluice serve --help`,
  );
});

it('one argument too many', () => {
  expect(said('serve', 'lance', '1992')).toMatch(/^too many arguments for 'serve'\. .*[^.]; see sluice serve --help$/);
});

describe('every switch that takes an argument', () => {
  const serve = program().commands[0]!;
  const own = [...systems].flatMap(([name, { switches = [] }]) => switches.map((option) => [name, option] as const));
  const shared = serve.options.slice(0, 2).map((option) => ['lance', option] as const);
  const all = [...shared, ...own].filter(([, option]) => option.required);

  it('is looked at here', () => {
    expect(all.length).toBeGreaterThan(20);
    expect(shared.map(([, { long }]) => long)).toEqual(['--host', '--port']);
  });

  it.each(all.map(([name, option]) => [name, option.flags, option.long!]))(
    'serve %s %s names itself when it has none, an empty one, or a switch in its place',
    (name, flags, long) => {
      const start = `option '${flags}' argument`;
      const end = '; see sluice serve --help';
      expect(said('serve', name, long)).toBe(`${start} missing${end}`);
      const refusals = [said('serve', name, long, ''), said('serve', name, long, '--fsync')];
      expect(refusals).toEqual([
        expect.stringMatching(`^${start} '' is invalid\\. \\w.*${end}$`),
        expect.stringMatching(`^${start} '--fsync' is invalid\\. \\w.*${end}$`),
      ]);
    },
  );
});

function help(...args: readonly string[]): string {
  let text = '';
  const command = program().configureOutput({ writeOut: (part) => (text += part) });
  for (const each of command.commands) each.copyInheritedSettings(command);
  expect(() => command.parse(args, { from: 'user' })).toThrow('(outputHelp)');
  return text;
}

it('the first help shows what can be served', () => {
  expect(help('--help')).toMatch(/^ {2}serve \[options\] <lance\|flo\|lightning> /m);
});

it('the help of serve has the switches of each system under its name', () => {
  const text = help('serve', 'flo', '--help');
  expect(text).toMatch(
    /^Options:\n {2}--host .*--port .*\n\nlance only:\n {2}--data-dir .*\n\nflo only:\n {2}--bodies .*\n\nlightning only:\n {2}--scan/ms,
  );
  expect(text).toMatch(/^Usage: sluice serve \[options\] <lance\|flo\|lightning>\n/);
});

it('a bug is not explained away', () => {
  const bug = new TypeError('undefined is not a function');
  expect(() => explain(bug)).toThrow(bug);
});

describe('switches of lance', () => {
  const wrong = (flags: string, value: string, rule: string): string =>
    `option '${flags}' argument '${value}' is invalid. ${rule}; see sluice serve --help`;

  it.each<[string, string[], string]>([
    [
      'a flow of bytes',
      ['--memory-bytes', '1 GB'],
      wrong('--memory-bytes <bytes>', '1 GB', 'It must be an integer from 0 to 9007199254740991'),
    ],
    [
      'too little memory',
      ['--memory-bytes', '1000'],
      wrong('--memory-bytes <bytes>', '1000', 'It must be an integer from 1048576 to 9007199254740991'),
    ],
    [
      'memory and a folder',
      ['--memory-bytes', '9000000', '--data-dir', 'x'],
      wrong('--memory-bytes <bytes>', '9000000', 'It is for topics in memory, and there is a --data-dir'),
    ],
    [
      'a folder without a name',
      ['--data-dir', ''],
      wrong('--data-dir <folder>', '', 'It must be the path of a folder'),
    ],
    ['fsync of nothing', ['--fsync'], "option '--fsync' is invalid. It goes with --data-dir; see sluice serve --help"],
    [
      'segments too small',
      ['--segment-bytes', '0'],
      wrong('--segment-bytes <bytes>', '0', 'It must be an integer from 1024 to 9007199254740991'),
    ],
    [
      'sweeps without a pause',
      ['--retention-sweep-ms', '0'],
      wrong('--retention-sweep-ms <ms>', '0', 'It must be an integer from 1 to 2147483647'),
    ],
    [
      'acks that never come',
      ['--ack-delay-ms', 'never'],
      wrong('--ack-delay-ms <ms>', 'never', 'It must be an integer from 0 to 2147483647'),
    ],
    [
      'no way to cut',
      ['--fetch-align', 'line'],
      wrong('--fetch-align <where>', 'line', 'Allowed choices are byte, record'),
    ],
    [
      'nothing may be read',
      ['--max-read-bytes-per-sec', '0'],
      wrong('--max-read-bytes-per-sec <bytes>', '0', 'It must be an integer from 1 to 9007199254740991'),
    ],
    [
      'a frame too large',
      ['--max-frame', '16777217'],
      wrong('--max-frame <bytes>', '16777217', 'It must be an integer from 1 to 16777216'),
    ],
    [
      'a role of no node',
      ['--role', 'boss'],
      wrong('--role <role>', 'boss', 'Allowed choices are leader, warming, follower'),
    ],
    [
      'a leader that follows',
      ['--role', 'leader', '--leader', 'a:1'],
      wrong('--leader <host:port>', 'a:1', 'It goes with --role follower, and not with --role leader'),
    ],
    ...['lance', '', 'a:', ':1', 'a:0', 'a:65536', '::1:80'].map((leader): [string, string[], string] => [
      `a leader at ${JSON.stringify(leader)}`,
      ['--leader', leader],
      wrong('--leader <host:port>', leader, 'It must be host:port, an IPv6 address in brackets'),
    ]),
    [
      'no token to enforce',
      ['--enforce-tokens'],
      "option '--enforce-tokens' is invalid. It needs --token; see sluice serve --help",
    ],
    ['an empty token', ['--token', 'a', '--token', ''], wrong('--token <token>', '', 'It must not be empty')],
    [
      'an offset in words',
      ['--tail-sentinel-from', 'end'],
      wrong('--tail-sentinel-from <offset>', 'end', 'It must be an integer from 1 to 2^64 - 1'),
    ],
    ...['0', '18446744073709551616'].map((offset): [string, string[], string] => [
      `an offset of ${offset}`,
      ['--tail-sentinel-from', offset],
      wrong('--tail-sentinel-from <offset>', offset, 'It must be an integer from 1 to 2^64 - 1'),
    ]),
    [
      'nothing behind a switch',
      ['--data-dir'],
      "option '--data-dir <folder>' argument missing; see sluice serve --help",
    ],
    [
      'a switch behind a switch',
      ['--data-dir', '--fsync'],
      wrong('--data-dir <folder>', '--fsync', 'It is a switch itself'),
    ],
    [
      'a switch that is said as an argument',
      ['--token', '--port'],
      wrong('--token <token>', '--port', 'It is a switch itself'),
    ],
    [
      'the question for help as an argument',
      ['--token', '--help'],
      wrong('--token <token>', '--help', 'It is a switch itself'),
    ],
    [
      'a certificate without a key',
      ['--tls-cert', 'LICENSE'],
      wrong('--tls-cert <file>', 'LICENSE', 'It needs --tls-key'),
    ],
    [
      'a key without a certificate',
      ['--tls-key', 'LICENSE'],
      wrong('--tls-key <file>', 'LICENSE', 'It needs --tls-cert'),
    ],
    [
      'an authority without a certificate',
      ['--tls-client-ca', 'LICENSE'],
      wrong('--tls-client-ca <file>', 'LICENSE', 'It needs --tls-cert and --tls-key'),
    ],
    [
      'a certificate that is not there',
      ['--tls-cert', '/x', '--tls-key', '/y'],
      wrong('--tls-cert <file>', '/x', 'It must be a file that can be read (ENOENT)'),
    ],
    [
      'a certificate that is a folder',
      ['--tls-cert', 'src', '--tls-key', '/y'],
      wrong('--tls-cert <file>', 'src', 'It must be a file that can be read (EISDIR)'),
    ],
    [
      'a certificate that is none',
      ['--tls-cert', 'LICENSE', '--tls-key', 'LICENSE'],
      wrong('--tls-cert <file>', 'LICENSE', 'It must have a certificate in PEM'),
    ],
  ])('%s', (_, switches, line) => {
    expect(said('serve', 'lance', ...switches)).toBe(line);
  });

  describe('with files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-usage-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const file = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const authority = new Authority('Test authority');
    const own = authority.issue({ name: 'lance' });
    const locked = authority.issue({ name: 'lance' }, 'secret');
    const cert = file('cert', own.cert);
    const key = file('key', own.key);

    it.each<[string, string[], string]>([
      ['a key that is none', ['--tls-cert', cert, '--tls-key', cert], wrong('--tls-key <file>', cert, PEM_KEY)],
      [
        'a key that needs a passphrase',
        ['--tls-cert', file('locked-cert', locked.cert), '--tls-key', file('locked', locked.key)],
        wrong('--tls-key <file>', join(folder, 'locked'), PEM_KEY),
      ],
      [
        'the key of another certificate',
        ['--tls-cert', cert, '--tls-key', file('other', authority.key)],
        wrong('--tls-key <file>', join(folder, 'other'), 'It must be the key of --tls-cert'),
      ],
      [
        'an authority that is none',
        ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', key],
        wrong('--tls-client-ca <file>', key, 'It must have a certificate in PEM'),
      ],
    ])('%s', (_, switches, line) => {
      expect(said('serve', 'lance', ...switches)).toBe(line);
    });
  });

  it('are refused for others', () => {
    expect(said('serve', 'flo', '--data-dir', 'x')).toBe('--data-dir is for lance only; see sluice serve --help');
  });

  it('become what the server is made with', () => {
    const { auth, cluster, maxPayloadBytes, ...same } = lanceServerOptions({
      token: ['a', 'b'],
      enforceTokens: true,
      leader: 'lance:1992',
      maxFrame: 1000,
      lenientNames: true,
      dataDir: 'x',
      tailSentinelFrom: 5n,
    });
    expect(auth).toEqual({ tokens: ['a', 'b'], enforceAll: true });
    expect(cluster).toEqual({ role: 'follower', leaderAddr: 'lance:1992' });
    expect(maxPayloadBytes).toBe(1000);
    expect(same).toEqual({ lenientNames: true, dataDir: 'x', tailSentinelFrom: 5n, tls: undefined });
    expect(lanceServerOptions({})).toEqual({});
  });
});
