import { Command, InvalidArgumentError } from 'commander';
import { showProgress } from './progress.js';
import { failure, summary } from './report.js';
import { voyage, worldOf } from './voyage.js';
import { NotExactError } from './world.js';

interface Options {
  readonly hours: number;
  readonly seed: number;
  readonly from: number;
}

const options = new Command('npm run soak --')
  .description(
    'Virtual hours of a Lance consumer that commits, a Flo worker under leases and one who waits for Lightning rollouts, ' +
      'while all goes wrong that can. At the end of each hour every message is accounted for, or the soak fails.',
  )
  .option('--hours <n>', 'how many virtual hours', wholeNumber, 1_000)
  .option('--seed <n>', 'decides all that is left to chance; a new one each time by default', wholeNumber, anySeed())
  .option('--from <n>', 'begin where the world of this hour begins', wholeNumber, 1)
  .parse()
  .opts<Options>();

const { seed } = options;
const from = worldOf(options.from);
const hours = options.hours + options.from - from;
const sums = { lance: new Map(), flo: new Map(), lightning: new Map(), misfortunes: new Map() };

process.stderr.write(`soak: seed ${seed}\n`);
const progress = showProgress(process.stderr, hours);
let most = 0;
try {
  for await (const bytes of voyage({ seed, from, hours, sums, hourIsOver: progress.hourIsOver })) {
    most = Math.max(most, bytes);
  }
  progress.close();
  const { user, system } = process.cpuUsage();
  const cpu = `${((user + system) / 1e6).toFixed(0)} s of CPU, ${(most / 2 ** 20).toFixed(0)} MiB in use at most`;
  console.log(
    `soak: ${hours.toLocaleString('en-US')} virtual hours, seed ${seed}: every message accounted for (${cpu})`,
  );
  console.log(summary(sums));
} catch (error) {
  progress.close();
  console.error(error instanceof NotExactError ? failure(error, seed) : error);
  process.exitCode = 1;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 999999999.');
  return Number(text);
}

function anySeed(): number {
  return 1 + Math.floor(Math.random() * 999_999_999);
}
