import { explain } from '../../src/cli/failure.js';
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
    /^Options:\n {2}--host .*--port .*\n\nflo only:\n {2}--bodies .*\n\nlightning only:\n {2}--scan/ms,
  );
  expect(text).toMatch(/^Usage: sluice serve \[options\] <lance\|flo\|lightning>\n/);
});

it('a bug is not explained away', () => {
  const bug = new TypeError('undefined is not a function');
  expect(() => explain(bug)).toThrow(bug);
});
