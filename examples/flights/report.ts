import Table from 'cli-table3';
import type { Fate } from './fates.js';
import { plotError, type CurvePoint } from './plot.js';
import type { Place } from './published-weights.js';

/** The result of a run: what `--json` prints. */
export interface Summary {
  /**
   * Three counts made in three places: acknowledged by the log, read back from the spans in the store, read back from
   * the dead letters of the queue. A flight that the log holds twice can be both: it counts as trained, and in `both`.
   */
  readonly flights: { readonly in: number; readonly trained: number; readonly dead: number; readonly both?: number };
  /** Every stream by its name, `<system>:<name>`. */
  readonly streams: Readonly<Record<string, Fate>>;
  /** Mean squared errors on the test set, in minutes². */
  readonly model: { readonly baselineError: number; readonly error: number };
  /** Since the process began. */
  readonly seconds: number;
  readonly peakRssMiB: number;
  /** Only if the Flo server forgets what it hands out; `dead` is then what the store calls failed. */
  readonly guarantee?: 'at-most-once';
}

/** A run, with what only people want to see. */
export interface Run {
  readonly summary: Summary;
  /** Where other weights were read back than the model has. */
  readonly otherWeightsIn: readonly Place[];
  readonly curve: readonly CurvePoint[];
  readonly testFlights: number;
  /** Flights per second through each stage. */
  readonly throughput: { readonly produced: number; readonly trained: number };
  /** True when the run was asked to stop before its end. */
  readonly interrupted: boolean;
}

/** What is wrong with a run, in plain words; nothing if all sums are exact. */
export function faultsOf({ summary, otherWeightsIn, interrupted }: Run): string[] {
  const { in: sent, trained, dead } = summary.flights;
  const known = `${grouped(sent)} went in, ${grouped(trained)} were trained on, ${grouped(dead)} are dead letters`;
  const missing = sent - trained - dead;
  const mayMiss = interrupted || summary.guarantee === 'at-most-once';
  const faults: string[] = [];
  if (missing > 0 && !mayMiss) faults.push(`${flights(missing)} missing: ${known}.`);
  if (missing < 0) faults.push(`${flights(-missing)} counted twice: ${known}.`);
  for (const [name, fate] of Object.entries(summary.streams)) {
    const sum = sumOf(fate);
    if (sum !== fate.delivered) faults.push(`${name} delivered ${fate.delivered}, but the fates add up to ${sum}.`);
  }
  for (const place of otherWeightsIn) faults.push(`${PLACES[place]} has other weights than the model.`);
  return faults;
}

const PLACES: Record<Place, string> = { kv: "Flo's KV", resources: 'The Lightning store' };

/** The report for people. */
export function formatRun(run: Run): string {
  const { model, seconds, peakRssMiB } = run.summary;
  const gain = 1 - model.error / model.baselineError;
  return [
    ...account(run),
    '',
    fateTable(run.summary.streams),
    '',
    plotError(run.curve, model.baselineError),
    '',
    `Model       squared error ${model.error.toFixed(1)} on ${grouped(run.testFlights)} later flights, ` +
      `${Math.abs(gain * 100).toFixed(1)} % ${gain >= 0 ? 'below' : 'above'} the training mean's ${model.baselineError.toFixed(1)}`,
    `Throughput  ${perSecond(run.throughput.produced)} produced, ${perSecond(run.throughput.trained)} trained`,
    `Memory      peak ${peakRssMiB.toFixed(0)} MiB`,
    `Time        ${seconds.toFixed(1)} s`,
  ].join('\n');
}

/** Where all flights are. */
function account({ summary, interrupted }: Run): string[] {
  const { in: sent, trained, dead, both = 0 } = summary.flights;
  const atMostOnce = summary.guarantee === 'at-most-once';
  const left = sent - trained - dead;
  const whereabouts = interrupted ? 'left when the run was stopped' : atMostOnce ? 'lost on the way' : 'missing';
  const sum =
    `${grouped(sent)} flights in = ${grouped(trained)} trained + ${grouped(dead)} ${atMostOnce ? 'failed' : 'dead'}` +
    (left === 0 ? '' : ` + ${grouped(left)} ${whereabouts}`);
  const doubles = `${grouped(both)} of the trained are among the dead letters too: the log holds them twice.`;
  return [sum, ...(both === 0 ? [] : [doubles]), ...(atMostOnce ? [AT_MOST_ONCE] : [])];
}

const AT_MOST_ONCE =
  'This Flo server forgets what it hands out (at-most-once): no dead letters; "failed" is what the store says.';

function fateTable(streams: Summary['streams']): string {
  const table = new Table({
    head: ['stream', 'delivered', 'acked', 'nacked', 'dead', 'abandoned', 'sum'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
    chars: BORDERLESS,
  });
  for (const [name, fate] of Object.entries(streams)) {
    const sum = sumOf(fate);
    table.push([
      name,
      ...[fate.delivered, fate.acked, fate.nacked, fate.dead, fate.abandoned].map(grouped),
      sum === fate.delivered ? 'exact' : `off by ${grouped(Math.abs(fate.delivered - sum))}`,
    ]);
  }
  return table
    .toString()
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n');
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};

function sumOf(fate: Fate): number {
  return fate.acked + fate.nacked + fate.dead + fate.abandoned;
}

function flights(count: number): string {
  return count === 1 ? '1 flight is' : `${grouped(count)} flights are`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function perSecond(rate: number): string {
  return `${grouped(Math.round(rate))} flights/s`;
}
