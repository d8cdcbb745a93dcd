import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { MeasureOptions } from './harness/command.js';
import type { JetStreamOptions } from './jetstream/command.js';
import type { GuardOptions } from './lz4-guard/command.js';
import type { OperatorOptions } from './operators/command.js';
import type { SlowOptions } from './slow-consumer/command.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const program = new Command('bench').description(
  'Measures Sluice against what the machine can do. Ratios of one run matter; absolute figures drift.',
);

function measured(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'print one line of JSON')
    .option('--quick', 'short and lenient, for continuous integration');
}

/** Clients beside each other, in rounds. */
function compared(name: string, description: string): Command {
  return measured(name, description)
    .option('--goals <names>', 'only these, such as G7,G8, and who takes part in them')
    .option('--rounds <count>', 'how many quiet rounds it takes to judge; 7 by default', Number)
    .option('--budget <s>', 'how long to wait for them, for each table; 240 by default', Number)
    .option('--profile <folder>', 'write CPU profiles of the clients there; figures are then not comparable');
}

compared('consume', 'consuming beside a raw socket and the Python client; LANCE_ADDR names a server to use').action(
  async (options: MeasureOptions) => (await import('./consume/command.js')).consumeCommand(options),
);

compared('produce', 'producing beside raw frames and the Python client; LANCE_ADDR names a server to use').action(
  async (options: MeasureOptions) => (await import('./produce/command.js')).produceCommand(options),
);

compared('latency', 'from send to acknowledgement; LANCE_ADDR names a server to use').action(
  async (options: MeasureOptions) => (await import('./latency/command.js')).latencyCommand(options),
);

measured('operators', 'what operators of RxJS and records() cost, in CPU time').action(
  async (options: OperatorOptions) => (await import('./operators/command.js')).operatorsCommand(options),
);

measured('slow-consumer', 'memory of a consumer that is 100 times too slow for its topic').action(
  async (options: SlowOptions) => (await import('./slow-consumer/command.js')).slowConsumerCommand(options),
);

measured('jetstream', 'memory behind from(messages).pipe(concatMap(slow)): a JetStream iterator, and Sluice')
  .option('--slow-ms <ms>', 'what the handler needs for a record; 2 by default', Number)
  .option('--seconds <s>', 'how long each reader is watched; 10 by default', Number)
  .option('--nats-server <program>', 'the NATS server, 2.9 or newer', 'nats-server')
  .option('--packages <folder>', "where NATS's packages are installed", join(root, '.cache/bench'))
  .action(async (options: JetStreamOptions) => (await import('./jetstream/command.js')).jetStreamCommand(options));

measured(
  'lz4-guard',
  'what it costs to check announced sizes before LZ4 decompresses, and how fast a lie is refused',
).action(async (options: GuardOptions) => (await import('./lz4-guard/command.js')).lz4GuardCommand(options));

try {
  await program.parseAsync();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
