import { statSync } from 'node:fs';
import { basename } from 'node:path';

/** How an example is called. */
export interface Usage {
  /** What it does, in a sentence. */
  readonly does: string;
  /** Its arguments by their names, `<those>` that must be there before `[those]` that may. */
  readonly takes: readonly string[];
  /** Arguments that it runs with. */
  readonly example: string;
}

/** What the examples are told. */
export interface Given {
  /** Where the server is. */
  readonly server: { readonly host: string; readonly port: number };
  readonly topic: string;
  /** What stands behind these two. */
  readonly others: readonly string[];
}

const ADDRESS = /^(?:\[(?<ip>[\da-f:.]+)\]|(?<name>[^\s:[\]]+)):(?<port>\d{1,5})$/i;

/** What an argument must be, by its name. */
const RULES: Readonly<Record<string, readonly [test: (text: string) => boolean, rule: string]>> = {
  'host:port': [(text) => isPort(addressIn(text).port), 'the address of a server with its port'],
  topic: [(text) => /^[a-z\d-]{1,255}$/i.test(text), '1 to 255 letters, digits and dashes'],
  from: [isPosition, 'a position, in digits'],
  until: [(text) => text === 'end' || isPosition(text), 'a position, in digits, or end'],
  file: [(text) => statSync(text, { throwIfNoEntry: false })?.isDirectory() === false, 'a file that is there'],
};

/** The arguments of this program. Ends it with its usage, and exit code 2, if they are too few, too many or wrong. */
export function argumentsOf(usage: Usage): Given {
  const given = process.argv.slice(2);
  for (const [at, placeholder] of usage.takes.entries()) {
    const text = given[at];
    if (text === undefined && placeholder.startsWith('<')) explain(usage, `${placeholder} is missing`);
    const [test, rule] = RULES[placeholder.slice(1, -1)]!;
    if (text !== undefined && !test(text)) explain(usage, `${placeholder} must be ${rule}, not '${text}'`);
  }
  const strange = given[usage.takes.length];
  if (strange !== undefined) explain(usage, `nothing is known of '${strange}'`);
  const [address = '', topic = '', ...others] = given;
  return { server: addressIn(address), topic, others };
}

function explain({ does, takes, example }: Usage, problem: string): never {
  const program = basename(process.argv[1] ?? '');
  const command = `npx tsx examples/${program}`;
  console.error(`${program.replace(/\.ts$/, '')}: ${problem}`);
  console.error(`Usage: ${[command, ...takes].join(' ')}`);
  console.error(`${does} For example: ${command} ${example}`.trimEnd());
  process.exit(2);
}

function addressIn(text: string): { host: string; port: number } {
  const { ip, name = '', port } = ADDRESS.exec(text)?.groups ?? {};
  return { host: ip ?? name, port: Number(port) };
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function isPosition(text: string): boolean {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text));
}
