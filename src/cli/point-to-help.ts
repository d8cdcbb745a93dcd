import { CommanderError, type Command } from 'commander';

/** Makes `command` throw instead of ending the process; its errors are one line that ends with whose help to read. */
export function pointToHelp(command: Command, name: string): Command {
  return command.exitOverride((error) => {
    // Help and version were asked for.
    if (error.exitCode === 0) throw error;
    const problem = error.code === 'commander.help' ? 'a command is missing' : oneSentence(error.message);
    throw new CommanderError(error.exitCode, error.code, `${problem}; see ${name} --help`);
  });
}

function oneSentence(message: string): string {
  return message.replace(/^error: /, '').replace(/\.$/, '');
}
