import { relative } from 'node:path';
import { describeMachine } from '../harness/machine.js';
import { progressLine } from '../harness/terminal.js';
import type { Load } from './messages.js';
import { natsVersion } from './nats-server.js';
import { loadPeer, PEER_PACKAGES, PEER_VERSION, peerVersion } from './peer-packages.js';
import { describeReaders, summary, verdictOf, type Reader } from './report.js';
import { readJetStream, readSluice } from './run.js';

const FULL: Load = { name: 'load', records: 150_000, recordBytes: 1024, slowMs: 2, watchMs: 10_000 };
const QUICK: Load = { ...FULL, records: 60_000, watchMs: 3000 };

export interface JetStreamOptions {
  readonly json?: true;
  readonly quick?: true;
  readonly slowMs?: number;
  readonly seconds?: number;
  readonly natsServer: string;
  readonly packages: string;
}

/**
 * `bench jetstream`: what a slow handler costs behind `from(messages).pipe(concatMap(slow))`, and behind Sluice. The peer
 * is optional: without it nothing is measured, and that is no failure.
 */
export async function jetStreamCommand(options: JetStreamOptions): Promise<void> {
  const { json, natsServer, packages } = options;
  const version = await natsVersion(natsServer);
  const loaded = loadPeer(packages);
  if (version === undefined || loaded === undefined) {
    const missing = [
      ...(version === undefined ? [`${natsServer}: apt-get install nats-server, or give --nats-server <path>`] : []),
      ...(loaded === undefined ? [`${PEER_PACKAGES.join(', ')}: ${installCommand(packages)}`] : []),
    ];
    if (json) console.log(JSON.stringify({ missing, verdict: 'not-measured' }));
    else console.log(`Missing:\n${missing.map((one) => `  ${one}\n`).join('')}\nVerdict: not measured`);
    return;
  }

  const usual = options.quick ? QUICK : FULL;
  const { slowMs = usual.slowMs, seconds = usual.watchMs / 1000 } = options;
  const load = { ...usual, slowMs, watchMs: seconds * 1000 };
  const versions = [version, `${PEER_PACKAGES[0]} ${peerVersion(packages)}`];
  const progress = progressLine(json === true);
  const readers: Reader[] = [];
  for await (const reader of readJetStream(load, natsServer, packages, progress.show)) readers.push(reader);
  for await (const reader of readSluice(load, progress.show)) readers.push(reader);
  progress.clear();

  const verdict = verdictOf(readers);
  if (verdict === 'below') process.exitCode = 1;
  if (json) console.log(JSON.stringify({ load, versions, readers: readers.map(summary), verdict }));
  else
    console.log(
      `${describeMachine()}\n${versions.join(', ')}\n\n${describeReaders(load, readers)}\nVerdict: ${verdict}`,
    );
}

function installCommand(folder: string): string {
  const names = PEER_PACKAGES.map((name) => `${name}@${PEER_VERSION}`).join(' ');
  return `npm install --no-save --no-package-lock --prefix ${relative('', folder) || '.'} ${names}`;
}
