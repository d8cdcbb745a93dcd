#!/usr/bin/env node
import { CommanderError } from 'commander';
import { failure } from './failure.js';
import { bearLostReaders } from './lost-readers.js';
import { program } from './program.js';

bearLostReaders();
try {
  program().parse();
} catch (error) {
  // Help and version were asked for and have been printed.
  if (!(error instanceof CommanderError && error.exitCode === 0)) failure(error);
}
