import type { WindowFigures } from './client-messages.js';
import type { Round } from './rounds.js';
import { spread, type Spread } from './statistics.js';

const MIB = 1 << 20;
const AGREEMENT = { from: 0.9, to: 1.1 };

export const bytesPerSecond = ({ bytes, seconds }: WindowFigures): number => bytes / seconds;

/** Client CPU in microseconds per MiB: it says the same on a busy machine, where throughput does not. */
export const cpuPerMib = ({ userUs, systemUs, bytes }: WindowFigures): number => ((userUs + systemUs) * MIB) / bytes;

export const recordsPerSecond = ({ records, seconds }: WindowFigures): number => records / seconds;

/** Client CPU in microseconds per record. */
export const cpuPerRecord = ({ userUs, systemUs, records }: WindowFigures): number => (userUs + systemUs) / records;

export const cpuShare = ({ userUs, systemUs, seconds }: WindowFigures): number => (userUs + systemUs) / 1e6 / seconds;

/** CPUs that the server used; NaN when it is not known. */
export const serverCpu = ({ own }: WindowFigures): number => own[2] ?? NaN;

export const latencyP50 = ({ latencyUs }: WindowFigures): number => latencyUs?.p50 ?? NaN;

export const latencyP99 = ({ latencyUs }: WindowFigures): number => latencyUs?.p99 ?? NaN;

/** Of clients that are watched. */
export const gcShare = ({ watched }: WindowFigures): number => watched?.gcShare ?? NaN;

export const loopGapMs = ({ watched }: WindowFigures): number => watched?.loopGapMs ?? NaN;

/** The measure of contestant `index` divided by the baseline's of the same round, over all rounds. */
export function ratioOf(rounds: readonly Round[], index: number, measure: (window: WindowFigures) => number): Spread {
  return spread(rounds.map(({ windows }) => measure(windows[index]!) / measure(windows[0]!)));
}

/** The baseline at the end of a round divided by the baseline at its beginning: how far the machine itself drifts. */
export function drift(rounds: readonly Round[]): Spread {
  return spread(rounds.map(driftOf));
}

export function driftOf({ windows, baselineAgain }: Round): number {
  return bytesPerSecond(baselineAgain) / bytesPerSecond(windows[0]!);
}

/** Whether the baseline agrees with itself well enough for anything to be compared with it. */
export function agrees(aa: Spread): boolean {
  return aa.median >= AGREEMENT.from && aa.median <= AGREEMENT.to;
}

export function medianOf(rounds: readonly Round[], index: number, measure: (window: WindowFigures) => number): number {
  return spread(rounds.map(({ windows }) => measure(windows[index]!))).median;
}
