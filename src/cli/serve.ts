import { Command, Option } from 'commander';
import { InvalidOptionError } from '../foundation/errors.js';
import { integerUpTo } from './arguments.js';
import { failure, say } from './failure.js';
import { inSwitches, startProblem } from './in-switches.js';
import { systems, type Served, type ServedSystem, type ServeOptions } from './systems.js';

/** The port may be left to the system. */
type Said = Omit<ServeOptions, 'port'> & Partial<Pick<ServeOptions, 'port'>>;

/** `sluice serve lance|flo|lightning`: an embedded server in the foreground, until SIGINT or SIGTERM. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run an embedded server in the foreground; its data is in memory, unless it is told otherwise')
    .argument(`<${[...systems.keys()].join('|')}>`, 'whose server')
    .addOption(new Option('--host <host>', 'name or address to listen on').default('127.0.0.1'))
    .addOption(
      new Option('--port <port>', `port to listen on, 0 for any free one (default: ${defaultPorts()})`).argParser(
        integerUpTo(65_535),
      ),
    )
    .action((name: string, options: Said) => serve(command, name, options));
  for (const [name, { switches = [] }] of systems) {
    for (const option of switches) command.addOption(option.helpGroup(`${name} only:`));
  }
  return command;
}

/** Whoever leaves out an argument would otherwise name a folder, or a token, after the switch that comes next. */
function refuseSwitches(command: Command, options: Readonly<Record<string, unknown>>): void {
  const isSwitch = (text: unknown): boolean => text === '--help' || command.options.some(({ long }) => long === text);
  for (const option of command.options) {
    const swallowed = [options[option.attributeName()]].flat().find(isSwitch);
    if (swallowed !== undefined)
      command.error(`option '${option.flags}' argument '${String(swallowed)}' is invalid. It is a switch itself`);
  }
}

function serve(command: Command, name: string, options: Said): void {
  refuseSwitches(command, { ...options });
  const [, strangeArgument] = command.args;
  if (strangeArgument !== undefined)
    command.error(
      `too many arguments for 'serve'. It takes the name of a system, and was given '${strangeArgument}', too`,
    );
  const system = systems.get(name);
  if (system === undefined)
    return command.error(`unknown system '${name}', expected ${[...systems.keys()].join(', ')}`);
  for (const [other, { switches = [] }] of systems) {
    const strange = other === name ? undefined : switches.find((option) => option.attributeName() in options);
    if (strange !== undefined) command.error(`${strange.long} is for ${other} only`);
  }
  const server = made(command, system, options);
  server.start().subscribe({
    complete: () => {
      process.stdout.write(`sluice: ${name} listening on ${server.address}\n`);
      const { whereabouts } = server;
      if (whereabouts !== undefined) process.stdout.write(`sluice: ${whereabouts}\n`);
      stopOnSignal(server);
    },
    error: (error) => {
      const problem = startProblem(error, options);
      if (problem === undefined) failure(error);
      else say(problem);
    },
  });
}

function made(command: Command, system: ServedSystem, options: Said): Served {
  try {
    return system.server({ ...options, port: options.port ?? system.defaultPort });
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    return command.error(inSwitches(error, command.options, system.renamed ?? {}, options));
  }
}

/** A second signal, while it is still stopping, ends the process the hard way. */
function stopOnSignal(server: Served): void {
  const stop = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    // With its sockets gone, nothing keeps the process alive.
    server.stop().subscribe({ error: failure });
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

function defaultPorts(): string {
  return [...systems].map(([name, { defaultPort }]) => `${defaultPort} for ${name}`).join(', ');
}
