import { Command } from 'commander';
import { pointToHelp } from './point-to-help.js';
import { serveCommand } from './serve.js';
import { version } from './version.js';

/** The command line. It throws a `CommanderError` instead of ending the process, and prints nothing but help and version. */
export function program(): Command {
  const command = new Command('sluice')
    .description('Lance, Flo and Lightning as RxJS Observables: embedded servers for development and tests')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {} });
  // It looks at its arguments itself: Commander says how many are too many, and not which.
  const serve = serveCommand().copyInheritedSettings(command).allowExcessArguments();
  command.addCommand(pointToHelp(serve, 'sluice serve'));
  return pointToHelp(command, 'sluice');
}
