// Numbers are written to a server and read from it while it is killed three times, without warning. In the end every one
// has been read: what was acknowledged lies in the server's files, and the rest was sent again.
//   npx tsx examples/lance-survive.ts
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatMap, filter, firstValueFrom, fromEvent, lastValueFrom, takeWhile, tap, type Observable } from 'rxjs';
import { autoAck, json, records } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { argumentsOf } from './arguments.js';

argumentsOf({ does: 'Kills its own server while numbers go through it.', takes: [], example: '' });

const COUNT = 20_000;
const KILLS = [5_000, 10_000, 15_000];

const folder = mkdtempSync(join(tmpdir(), 'lance-survive-'));
// Installed, the package has no sources.
const programs = ['../src/cli/main.ts', '../dist/cli/main.js'].map((path) => new URL(path, import.meta.url));
const program = fileURLToPath(programs.find((each) => existsSync(each))!);
let server: ChildProcess;

/** As `npx sluice serve lance --data-dir …` does; returns the port. */
async function serve(port: number): Promise<number> {
  const args = ['serve', 'lance', '--port', String(port), '--data-dir', folder];
  server = spawn(process.execPath, [...process.execArgv, program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = fromEvent(createInterface({ input: server.stdout! }), 'line') as Observable<string>;
  const line = await firstValueFrom(lines.pipe(filter((each) => each.includes('listening on'))));
  return Number(line.slice(line.lastIndexOf(':') + 1));
}

async function kill(): Promise<void> {
  server.kill('SIGKILL');
  await once(server, 'exit');
}

const port = await serve(0);
const lance = new LanceClient({ port, reconnect: { maxMs: 500 } });

function* numbers(): Iterable<number> {
  for (let number = 0; number < COUNT; number++) yield number;
}

let [acknowledged, kills] = [0, 0];
const writing = lance.ensureTopic('numbers').pipe(
  concatMap(() => lance.sink<number>('numbers', { codec: json(), batchSize: 2_048 })(numbers())),
  tap((receipt) => (acknowledged += receipt.records)),
  concatMap(async () => {
    if (acknowledged < (KILLS[kills] ?? Infinity)) return;
    kills++;
    await kill();
    await serve(port);
  }),
);

const seen = new Set<number>();
let twice = 0;
const reading = lance.consume('numbers', { name: 'reader', codec: json<number>() }).pipe(
  autoAck(),
  records(),
  tap(({ value: number }) => {
    if (seen.has(number)) twice++;
    else seen.add(number);
  }),
  takeWhile(() => seen.size < COUNT),
);

await firstValueFrom(lance.ensureTopic('numbers'));
await Promise.all([lastValueFrom(writing), lastValueFrom(reading, { defaultValue: undefined })]);
console.log(`${acknowledged} numbers acknowledged, the server was killed ${kills} times`);
console.log(`${COUNT - seen.size} lost, ${twice} read twice`);

await lastValueFrom(lance.close());
await kill();
rmSync(folder, { recursive: true });
