import { say } from './failure.js';

/** Goes on when nobody reads what is printed any more, as with `| head -1`; other trouble with it is said on stderr. */
export function bearLostReaders(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') say(`cannot write to standard output (${code ?? message})`);
  });
}
