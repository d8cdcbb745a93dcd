import { readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of 10 ms in /proc, whatever the kernel's own rate. */
const TICKS_PER_SECOND = 100;

/** What the machine and our own processes had used at one moment. */
export interface CpuSample {
  readonly atMs: number;
  readonly busyTicks: number;
  readonly ownTicks: number;
  /** Ticks of each of our processes, in the order in which they were given. */
  readonly each: readonly number[];
}

/** Undefined where there is no /proc: then nothing can be said of foreign load. */
export function sampleCpu(pids: readonly number[]): CpuSample | undefined {
  try {
    const each = pids.map(ticksOf);
    return { atMs: performance.now(), busyTicks: busyTicks(), ownTicks: each.reduce((sum, one) => sum + one, 0), each };
  } catch {
    return undefined;
  }
}

/** CPUs that processes other than ours were using between two samples; never below 0. */
export function foreignCpu(from: CpuSample | undefined, to: CpuSample | undefined): number | undefined {
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return undefined;
  const foreign = to.busyTicks - from.busyTicks - (to.ownTicks - from.ownTicks);
  return Math.max(0, cpus(foreign, to.atMs - from.atMs));
}

/** CPUs that our process number `index` was using between two samples. */
export function ownCpu(from: CpuSample | undefined, to: CpuSample | undefined, index: number): number | undefined {
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return undefined;
  return cpus((to.each[index] ?? 0) - (from.each[index] ?? 0), to.atMs - from.atMs);
}

const cpus = (ticks: number, ms: number): number => ticks / TICKS_PER_SECOND / (ms / 1000);

/** Time stolen by the host counts as foreign: the window was not ours. Soft interrupts are charged to processes as well. */
function busyTicks(): number {
  const line = readFileSync('/proc/stat', 'latin1');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .slice(0, line.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

function ticksOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
