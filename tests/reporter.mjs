import { writeSync } from 'node:fs';

/** Prints `tests: N passed, M failed` as the very last line; a file that did not run counts as a failed test. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // Jest prints its own summary after the reporters have been told.
    process.once('exit', () => writeSync(1, `tests: ${results.numPassedTests} passed, ${failed} failed\n`));
  }
}
