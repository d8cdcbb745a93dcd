import { Command, InvalidArgumentError, Option } from 'commander';
import { inPlainWords } from './plain-words.js';
import type { Address } from './addresses.js';
import { runJob } from './job.js';
import { noProgress, showProgress } from './progress.js';
import { faultsOf, formatRun, type Run } from './report.js';

interface Options {
  readonly seed: number;
  readonly json: boolean;
  readonly lance?: Address;
  readonly flo?: Address;
  readonly lightning?: string;
  readonly lose: number;
}

const options = new Command('npm start --')
  .description(
    'Trains a model on 16,076 flights that pass a Lance topic, a Flo queue and a Lightning store, and accounts for each of them.',
  )
  .option('--seed <n>', 'decides the order of the flights and which batches fail', wholeNumber, 1)
  .option('--json', 'print one line of JSON and nothing else', false)
  .option(
    '--lance <host:port>',
    'use this Lance server instead of one in the same process',
    addressLike('127.0.0.1:1992'),
  )
  .option(
    '--flo <host:port>',
    'use this Flo server (protocol v1-32) instead of one in the same process',
    addressLike('127.0.0.1:9000'),
  )
  .option(
    '--lightning <url>',
    'use this Lightning store, in which nothing else goes on, instead of one in the same process',
    url,
  )
  .addOption(
    new Option('--lose <n>', 'lose so many flights on purpose: the report finds out').argParser(wholeNumber).default(0),
  )
  .parse()
  .opts<Options>();

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

try {
  const { json, ...job } = options;
  const progress = json ? noProgress : showProgress(process.stderr);
  const run = await runJob({ ...job, progress, stop: stop.signal });
  console.log(json ? JSON.stringify(run.summary) : formatRun(run));
  blame(run);
} catch (error) {
  console.error(`The job failed: ${inPlainWords(error)}`);
  process.exitCode = 1;
}

/** A run whose sums are not exact is a failed run. */
function blame(run: Run): void {
  for (const fault of faultsOf(run)) {
    console.error(`Not exact: ${fault}`);
    process.exitCode = 1;
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0 to 999999999.');
  return Number(text);
}

function addressLike(example: string): (text: string) => Address {
  return (text) => {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new InvalidArgumentError(`It must be host:port, as in ${example}.`);
    }
    // An IPv6 address stands in brackets before its port.
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  };
}

function url(text: string): string {
  if (!/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) {
    throw new InvalidArgumentError('It must be a URL, as in http://127.0.0.1:4747.');
  }
  return text;
}
