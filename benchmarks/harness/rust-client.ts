import { spawn } from 'node:child_process';
import type { Asked } from './asked.js';
import type { ClientQuestion, WindowFigures } from './client-messages.js';
import { foreignCpu, ownCpu, sampleCpu } from './foreign-cpu.js';
import type { RustSettings } from './heat.js';

/** What it says of its figures is wrapped in boxes and log lines. */
const MESSAGES = /Messages:\s+(\d+)/;
const RATE = /Msg\/sec:\s+(\d+)/;
const ERRORS = /Errors:\s+(\d+)/;
const P50 = /p50:\s+([\d.]+)(ns|µs|ms|s)/;
const P99 = /p99:\s+([\d.]+)(ns|µs|ms|s)/;
const IN_US: Readonly<Record<string, number>> = { ns: 1e-3, µs: 1, ms: 1e3, s: 1e6 };

/** How long after its window it may take to end. */
const LINGER_MS = 30_000;

/** Lance's own benchmark client. It is started anew for each window, and measures whole seconds. */
export class RustClient implements Asked<ClientQuestion> {
  pid = process.pid;

  constructor(
    private readonly program: string,
    private readonly settings: RustSettings,
  ) {}

  async ask<Answer>(question: ClientQuestion): Promise<Answer> {
    if (question.ask !== 'window') throw new Error('it has nothing to verify');
    const { target, timing, pids } = question;
    const settleSeconds = Math.ceil(timing.settleMs / 1000);
    const seconds = Math.max(1, Math.round(timing.windowMs / 1000));
    const { connections, batchBytes, inFlight } = this.settings;
    const args = [
      ...['--endpoint', `${target.host}:${target.ports.lwp}`, '--topic-name', target.topic.name],
      ...['--msg-size', `${target.topic.recordBytes}`, '--duration', `${seconds}`, '--warmup', `${settleSeconds}`],
      ...['--connections', `${connections}`, '--batch-size', `${batchBytes}`, '--pipeline', `${inFlight}`],
      ...['--min-throughput-msgs-per-sec', '0', '--skip-latency-gate'],
    ];
    const timeout = (settleSeconds + seconds) * 1000 + LINGER_MS;
    const child = spawn(this.program, args, { timeout, killSignal: 'SIGKILL' });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    this.pid = child.pid ?? process.pid;
    const all = pids.map((pid, index) => (index === 0 ? this.pid : pid));
    await pause(settleSeconds * 1000);
    const before = sampleCpu(all);
    await pause(seconds * 1000 - 100);
    const after = sampleCpu(all);
    const code = await ended;
    if (child.killed) throw new Error(`the Rust client has not ended within ${timeout / 1000} s`);
    const cpu = ownCpu(before, after, 0) ?? NaN;
    const figures = read(output, code, target.topic.recordBytes, seconds);
    return {
      ...figures,
      userUs: cpu * 1e6 * figures.seconds,
      systemUs: 0,
      foreign: foreignCpu(before, after),
      own: all.map((_, index) => ownCpu(before, after, index)),
    } as Answer;
  }

  release(): void {}
}

function read(
  output: string,
  code: number | null,
  recordBytes: number,
  asked: number,
): Pick<WindowFigures, 'seconds' | 'bytes' | 'records' | 'latencyUs'> {
  const records = Number(MESSAGES.exec(output)?.[1]);
  const rate = Number(RATE.exec(output)?.[1]);
  const errors = Number(ERRORS.exec(output)?.[1]);
  if (!(records > 0 && rate > 0) || errors !== 0) {
    throw new Error(`the Rust client ended with ${code}: ${output.trim().split('\n').slice(-5).join('\n')}`);
  }
  const latency = { p50: micros(P50.exec(output)), p99: micros(P99.exec(output)) };
  const seconds = rate > 0 ? records / rate : asked;
  // A record counts as it does for the others: with its header in the topic.
  const bytes = records * (recordBytes + 5);
  return { seconds, bytes, records, latencyUs: { count: records, max: NaN, ...latency } };
}

function micros(match: RegExpExecArray | null): number {
  return Number(match?.[1]) * (IN_US[match?.[2] ?? ''] ?? NaN);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
