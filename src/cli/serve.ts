import { Command, Option } from 'commander';
import { failure } from './failure.js';
import { integerUpTo } from './integer-up-to.js';
import { systems, type Served, type ServeOptions } from './systems.js';

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

function serve(command: Command, name: string, options: Said): void {
  const system = systems.get(name);
  if (system === undefined)
    return command.error(`unknown system '${name}', expected ${[...systems.keys()].join(', ')}`);
  for (const [other, { switches = [] }] of systems) {
    const strange = other === name ? undefined : switches.find((option) => option.attributeName() in options);
    if (strange !== undefined) command.error(`${strange.long} is for ${other} only`);
  }
  const server = system.server({ ...options, port: options.port ?? system.defaultPort });
  server.start().subscribe({
    complete: () => {
      process.stdout.write(`sluice: ${name} listening on ${server.address}\n`);
      const { whereabouts } = server;
      if (whereabouts !== undefined) process.stdout.write(`sluice: ${whereabouts}\n`);
      stopOnSignal(server);
    },
    error: failure,
  });
}

/** A second signal, while it is still stopping, ends the process the hard way. */
function stopOnSignal(server: Served): void {
  const stop = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    // With its sockets gone, nothing keeps the process alive.
    server.stop().subscribe();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

function defaultPorts(): string {
  return [...systems].map(([name, { defaultPort }]) => `${defaultPort} for ${name}`).join(', ');
}
