import { explain } from '../../src/cli/failure.js';
import { lanceServerOptions } from '../../src/cli/lance-switches.js';
import { program } from '../../src/cli/program.js';

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
  ['an empty host', ['serve', 'lance', '--host', ''], 'host: must be a name or an address, got ""'],
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
  it.each<[string, string[], string]>([
    ['a flow of bytes', ['--memory-bytes', '1 GB'], "option '--memory-bytes <bytes>' argument '1 GB' is invalid."],
    ['too little memory', ['--memory-bytes', '1000'], 'memoryBytes: must be an integer from 1048576 to '],
    ['memory and a folder', ['--memory-bytes', '9000000', '--data-dir', 'x'], 'memoryBytes: is for topics in memory'],
    ['fsync of nothing', ['--fsync'], 'fsync: goes with dataDir, got true'],
    ['no way to cut', ['--fetch-align', 'line'], "option '--fetch-align <where>' argument 'line' is invalid."],
    ['a frame too large', ['--max-frame', '16777217'], 'maxPayloadBytes: must be an integer from 1 to 16777216'],
    ['a leader that follows', ['--role', 'leader', '--leader', 'a:1'], 'cluster.leaderAddr: is for a follower'],
    ['a leader without a port', ['--leader', 'lance'], 'cluster.leaderAddr: must be host:port'],
    ['no token to enforce', ['--enforce-tokens'], '--enforce-tokens: needs --token, got true'],
    ['an empty token', ['--token', ''], 'auth.tokens: must be a list of texts that are not empty'],
    [
      'an offset in words',
      ['--tail-sentinel-from', 'end'],
      "option '--tail-sentinel-from <offset>' argument 'end' is inv",
    ],
    ['an offset that is none', ['--tail-sentinel-from', '0'], 'tailSentinelFrom: must be a bigint from 1 to'],
    ['a certificate without a key', ['--tls-cert', 'package.json'], '--tls-key: must be said for TLS, got undefined'],
    ['a certificate that is not there', ['--tls-cert', '/x', '--tls-key', '/y'], '--tls-cert: must be a file that can'],
    ['a certificate that is none', ['--tls-cert', 'LICENSE', '--tls-key', 'LICENSE'], 'tls: must be a certificate and'],
  ])('%s', (_, switches, line) => {
    expect(said('serve', 'lance', ...switches)).toContain(line);
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
