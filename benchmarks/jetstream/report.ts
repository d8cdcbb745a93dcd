import { inMib } from '../harness/memory-growth.js';
import { round } from '../harness/statistics.js';
import { table } from '../harness/terminal.js';
import type { Load, ReaderFigures } from './messages.js';
import { drawStrip } from './strip.js';

const STRIP = { columns: 64, rows: 4 };
/** The goal of `slow-consumer` (G15): it does not depend on how much there is to read. */
const HOLD_RSS_BYTES = 80 << 20;

/** One way of reading the load. */
export interface Reader {
  readonly name: string;
  readonly figures: ReaderFigures;
  /** The one that is judged. */
  readonly ours?: true;
}

/** Below when Sluice grew by more than the goal; what the peer does is only shown. */
export function verdictOf(readers: readonly Reader[]): 'hold' | 'below' {
  const ours = readers.filter((reader) => reader.ours);
  return ours.every(({ figures }) => figures.growth.rss <= HOLD_RSS_BYTES) ? 'hold' : 'below';
}

/** What goes into JSON: no samples. */
export function summary({ name, figures: { taken, again, processed, seconds, growth } }: Reader): object {
  return { name, taken, again, processed, seconds: round(seconds), growthMiB: inMib(growth) };
}

/** A table, and memory over time on a common scale. */
export function describeReaders({ records, recordBytes, slowMs, watchMs }: Load, readers: readonly Reader[]): string {
  const heading = `${records} records of ${recordBytes} B, ${slowMs} ms each behind concatMap, watched for ${watchMs / 1000} s`;
  const rows = readers.map(({ name, figures }) => {
    const { heapUsed, external, rss } = inMib(figures.growth);
    const { taken, again, processed } = figures;
    return [name, `${taken}`, `${again}`, `${processed}`, ...[heapUsed, external, rss].map((mib) => mib.toFixed(1))];
  });
  const topBytes = Math.max(...readers.map(({ figures }) => figures.growth.rss), 1);
  const strips = readers.map(({ name, figures }) => {
    const lines = drawStrip(figures.samples, { topBytes, untilMs: watchMs, ...STRIP });
    return [
      `${name}: RSS +${inMib(figures.growth).rss} MiB`,
      ...lines.map((line) => `│${line}`.trimEnd()),
      `└${'─'.repeat(STRIP.columns)} ${watchMs / 1000} s`,
    ].join('\n');
  });
  return `${heading}\n\n${table(['', 'taken in', 'again', 'processed', 'heapUsed +MiB', 'external +MiB', 'RSS +MiB'], rows)}\n\n${strips.join('\n\n')}\n`;
}
