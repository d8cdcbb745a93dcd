import { createServer, type AddressInfo } from 'node:net';
import { Program } from './lance-programs.js';

// Each of them is a process that compiles what it runs.
jest.setTimeout(60_000);

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

async function ended(name: string, ...args: string[]): Promise<Ended> {
  const program = new Program(name, ...args);
  try {
    const code = await program.ended;
    return { code, lines: program.lines, errors: program.errors };
  } finally {
    program.kill();
  }
}

const HERE = '127.0.0.1:1992';
const USAGE: Readonly<Record<string, readonly [usage: string, example: string]>> = {
  'lance-tail.ts': ['<host:port> <topic>', '127.0.0.1:1992 events'],
  'lance-replay.ts': ['<host:port> <topic> [from] [until]', '127.0.0.1:1992 events 0 5000'],
  'lance-file.ts': ['<host:port> <topic> <file>', '127.0.0.1:1992 files package.json'],
  'lance-survive.ts': ['', ''],
};

it.each<[string, string[], string]>([
  ['lance-tail.ts', [], '<host:port> is missing'],
  [
    'lance-tail.ts',
    ['localhost', 'events'],
    "<host:port> must be the address of a server with its port, not 'localhost'",
  ],
  [
    'lance-tail.ts',
    ['[::1]:65536', 'a'],
    "<host:port> must be the address of a server with its port, not '[::1]:65536'",
  ],
  ['lance-tail.ts', [HERE, 'my_topic'], "<topic> must be 1 to 255 letters, digits and dashes, not 'my_topic'"],
  ['lance-tail.ts', [HERE, 'events', '0'], "nothing is known of '0'"],
  ['lance-replay.ts', [HERE], '<topic> is missing'],
  ['lance-replay.ts', [HERE, 'events', '-1'], "[from] must be a position, in digits, not '-1'"],
  ['lance-replay.ts', [HERE, 'events', '0', 'soon'], "[until] must be a position, in digits, or end, not 'soon'"],
  ['lance-file.ts', [HERE, 'files'], '<file> is missing'],
  ['lance-file.ts', [HERE, 'files', 'nothing.bin'], "<file> must be a file that is there, not 'nothing.bin'"],
  ['lance-file.ts', [HERE, 'files', 'src'], "<file> must be a file that is there, not 'src'"],
  ['lance-survive.ts', [HERE], `nothing is known of '${HERE}'`],
])('%s %j says how it is called', async (name, args, problem) => {
  const [usage = '', example = ''] = USAGE[name] ?? [];
  expect(await ended(name, ...args)).toEqual({
    code: 2,
    lines: [],
    errors: [
      `${name.slice(0, -3)}: ${problem}`,
      `Usage: npx tsx examples/${name} ${usage}`.trimEnd(),
      expect.stringMatching(new RegExp(String.raw`^[A-Z].*\. For example: npx tsx examples/${name} ?${example}$`)),
    ],
  });
});

it.each([
  ['lance-tail.ts', []],
  ['lance-replay.ts', ['0', 'end']],
  ['lance-file.ts', ['package.json']],
])('%s says in one line that there is no server', async (name, more) => {
  const spare = createServer();
  await new Promise<void>((resolve) => void spare.listen(0, '127.0.0.1', resolve));
  const { port } = spare.address() as AddressInfo;
  await new Promise((resolve) => spare.close(resolve));
  expect(await ended(name, `127.0.0.1:${port}`, 'events', ...more)).toEqual({
    code: 1,
    lines: [],
    errors: [`${name.slice(0, -3)}: 127.0.0.1:${port}: connect ECONNREFUSED`],
  });
});
