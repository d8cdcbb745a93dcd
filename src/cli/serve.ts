import { Command, InvalidArgumentError, Option } from 'commander';
import { failure } from './failure.js';
import { systems, type Served } from './systems.js';

interface ServeOptions {
  readonly host: string;
  readonly port?: number;
}

/** `sluice serve <system>`: an embedded server in the foreground, until SIGINT or SIGTERM. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run an embedded server in the foreground; it keeps its data in memory')
    .argument('<system>', [...systems.keys()].join(', '))
    .addOption(new Option('--host <host>', 'name or address to listen on').default('127.0.0.1'))
    .addOption(
      new Option('--port <port>', `port to listen on, 0 for any free one (default: ${defaultPorts()})`).argParser(
        portOf,
      ),
    )
    .action((name: string, options: ServeOptions) => serve(name, options));
}

function serve(name: string, { host, port }: ServeOptions): void {
  const system = systems.get(name);
  if (system === undefined)
    throw new InvalidArgumentError(`unknown system '${name}', expected ${[...systems.keys()].join(', ')}`);
  const server = system.server({ host, port: port ?? system.defaultPort });
  server.start().subscribe({
    complete: () => {
      process.stdout.write(`sluice: ${name} listening on ${server.address}\n`);
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

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be an integer from 0 to 65535');
}

function defaultPorts(): string {
  return [...systems].map(([name, { defaultPort }]) => `${defaultPort} for ${name}`).join(', ');
}
