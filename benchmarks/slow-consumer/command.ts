import type { ServerPlan, ServerPorts, ServerQuestion } from '../fake-server/messages.js';
import { compile } from '../harness/compile.js';
import { describeMachine } from '../harness/machine.js';
import { inMib, type Growth } from '../harness/memory-growth.js';
import { startProcess } from '../harness/processes.js';
import { round } from '../harness/statistics.js';
import { progressLine, table } from '../harness/terminal.js';
import type { SlowFigures, SlowQuestion } from './messages.js';

const SERVER = 'fake-server/main';
const READER = 'slow-consumer/reader-process';
const MIB = 1 << 20;
const TOPIC = { id: 1, name: 'slow' };
/** A client at full speed needs about 0.2 ms for a batch of a mebibyte: this is a hundred times more. */
const PAUSE_MS = 20;
/** G15, in MiB, whatever the size of the topic. */
const HOLD: Growth = { heapUsed: 8, external: 64, rss: 80 };

export interface SlowOptions {
  readonly json?: true;
  readonly quick?: true;
}

/** `bench slow-consumer`: memory of a consumer that is far too slow for its topic. Sets exit code 1 when it grows too much. */
export async function slowConsumerCommand({ json, quick }: SlowOptions): Promise<void> {
  const totalBytes = quick ? 400e6 : 2e9;
  const progress = progressLine(json === true);
  progress.show(
    `reading ${totalBytes / 1e6} MB, ${PAUSE_MS} ms a batch: about ${Math.round(((totalBytes / MIB) * PAUSE_MS) / 1000)} s`,
  );
  const figures = await read(totalBytes);
  progress.clear();

  const growthMiB = inMib(figures.growth);
  const holds = growthMiB.heapUsed <= HOLD.heapUsed && growthMiB.external <= HOLD.external && growthMiB.rss <= HOLD.rss;
  const verdict = holds ? 'hold' : 'below';
  if (!holds) process.exitCode = 1;
  if (json) {
    const { bytes, records, seconds } = figures;
    console.log(JSON.stringify({ bytes, records, seconds: round(seconds), growthMiB, limitsMiB: HOLD, verdict }));
    return;
  }
  const kinds = ['heapUsed', 'external', 'rss'] as const;
  console.log(describeMachine());
  console.log(
    `\n${(figures.bytes / 1e6).toFixed(0)} MB in ${figures.seconds.toFixed(1)} s, ${figures.records} records, ${PAUSE_MS} ms per batch\n`,
  );
  console.log(
    table(
      ['memory', 'growth MiB', 'to hold (G15)'],
      kinds.map((kind) => [kind, growthMiB[kind].toFixed(1), `≤ ${HOLD[kind]}`]),
    ),
  );
  console.log(`\nVerdict: ${verdict}`);
}

async function read(totalBytes: number): Promise<SlowFigures> {
  const plan: ServerPlan = { topics: [{ ...TOPIC, recordBytes: 1024, totalBytes }], fetchBytes: MIB };
  const compiled = await compile([SERVER, READER]);
  const server = startProcess<ServerQuestion>({ file: compiled.file(SERVER), argument: plan, on: 'server' });
  const reader = startProcess<SlowQuestion>({ file: compiled.file(READER), argument: null, on: 'client' });
  try {
    const ports = await server.ask<ServerPorts>({ ask: 'ports' });
    const bytes = await server.ask<number>({ ask: 'end', topic: TOPIC.id });
    return await reader.ask<SlowFigures>({ port: ports.lwp, topic: TOPIC.name, bytes, pauseMs: PAUSE_MS });
  } finally {
    reader.release();
    server.release();
    await compiled.remove();
  }
}
