import { CommanderError } from 'commander';
import { SluiceError } from '../foundation/errors.js';

const EXIT_CODE = 2;

/** Says in one line what the user can mend, and ends with exit code 2. Anything else is a bug and is thrown on. */
export function failure(error: unknown): void {
  say(explain(error));
}

/** Ends with exit code 2 and this line. */
export function say(problem: string): void {
  process.stderr.write(`sluice: ${problem}\n`);
  process.exitCode = EXIT_CODE;
}

/** What went wrong, in one line for people. */
export function explain(error: unknown): string {
  if (error instanceof SluiceError || error instanceof CommanderError) return error.message;
  throw error;
}
