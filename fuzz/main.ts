import { Command, InvalidArgumentError } from 'commander';
import { campaign } from './campaign.js';
import { Corpus } from './corpus.js';
import { failure, summary } from './report.js';
import { Tally } from './tally.js';
import { WORLD_CASES } from './world.js';
import { Watchdog } from './watchdog.js';

interface Options {
  readonly frames: number;
  readonly seconds: number;
  readonly seed: number;
  readonly from: number;
}

const { frames, seconds, seed, from } = new Command('npm run fuzz --')
  .description(
    "Mutated frames of Lance into the client's and the server's decoders, into sessions, a server and whole clients: " +
      'each must make of them what the protocol says, and nothing may crash, hang, grow or go unhandled.',
  )
  .option('--frames <n>', 'how many mutated frames', wholeNumber, 2_000_000)
  .option('--seconds <n>', 'stop after so long', wholeNumber, 86_400)
  .option('--seed <n>', 'decides all that is left to chance; a new one each time by default', wholeNumber, anySeed())
  .option('--from <n>', 'begin where the world of this case begins', wholeNumber, 0)
  .parse()
  .opts<Options>();

// Most of the time goes into the stacks of errors that nobody looks at: only a case that is repeated shows where it was.
Error.stackTraceLimit = frames <= WORLD_CASES ? 50 : 1;

process.stderr.write(`fuzz: seed ${seed}\n`);
const tally = new Tally();
const watchdog = new Watchdog(seed, `Again: npm run fuzz -- --seed ${seed} --from CASE --frames 1`);
let at = from;
const failed = (error: unknown): void => {
  console.error(failure(error, seed, at));
  process.exit(1);
};
process.on('uncaughtException', failed);
process.on('unhandledRejection', failed);

const started = performance.now();
const since = (): number => (performance.now() - started) / 1_000;
let said = 0;
try {
  const memoryBytes = await campaign({
    ...{ seed, from, frames, seconds, corpus: new Corpus(), tally },
    begins: (number) => {
      at = number;
      watchdog.begins(number);
    },
    worldIsOver: () => {
      if (since() - said < 10) return;
      said = since();
      process.stderr.write(`fuzz: ${tally.frames.toLocaleString('en-US')} frames in ${said.toFixed(0)} s\n`);
    },
  });
  console.log(summary(tally, { seed, seconds: since(), memoryBytes }));
} catch (error) {
  console.error(failure(error, seed, at));
  process.exitCode = 1;
}
await watchdog.end();

function wholeNumber(text: string): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(text)) throw new InvalidArgumentError('It must be a whole number up to 999999999.');
  return Number(text);
}

function anySeed(): number {
  return 1 + Math.floor(Math.random() * 999_999_999);
}
