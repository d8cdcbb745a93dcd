import { Worker } from 'node:worker_threads';

/** No case may take longer: in time of the processor, of which a busy machine gives little. */
const PATIENCE_MS = 10_000;

/** Runs beside: JavaScript, because what loads TypeScript here is not there. */
const BESIDE = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const at = new Float64Array(workerData.shared);
const worked = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
let last = -1, since = worked();
setInterval(() => {
  if (at[0] !== last || at[0] < 0) { last = at[0]; since = worked(); return; }
  if (worked() - since < workerData.patienceMs) return;
  writeSync(2, 'fuzz: FAILED: case ' + last + ' hangs, seed ' + workerData.seed + '\\n' + workerData.again.replaceAll('CASE', last) + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 500);
`;

/** Ends the whole process when one case takes for ever, which nobody inside could do. */
export class Watchdog {
  private readonly shared = new SharedArrayBuffer(8);
  private readonly at = new Float64Array(this.shared);
  private readonly worker: Worker;

  constructor(seed: number, again: string) {
    this.at[0] = -1;
    const workerData = { shared: this.shared, patienceMs: PATIENCE_MS, seed, again };
    this.worker = new Worker(BESIDE, { eval: true, workerData, execArgv: [] });
    this.worker.unref();
  }

  /** This case begins. */
  begins(number: number): void {
    this.at[0] = number;
  }

  async end(): Promise<void> {
    this.at[0] = -1;
    await this.worker.terminate();
  }
}
