import type { GrowthSample } from '../harness/memory-growth.js';

const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/**
 * Draws how memory grew as a strip of `columns` × `rows` characters, from 0 to `topBytes` and from 0 to `untilMs`. Each
 * column shows the most of its time.
 */
export function drawStrip(
  samples: readonly GrowthSample[],
  { topBytes, untilMs, columns, rows }: { topBytes: number; untilMs: number; columns: number; rows: number },
): string[] {
  const heights = new Array<number>(columns).fill(0);
  for (const { ms, rss } of samples) {
    const column = Math.min(columns - 1, Math.floor((ms / untilMs) * columns));
    heights[column] = Math.max(heights[column] ?? 0, Math.round((rss / topBytes) * rows * 8));
  }
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * 8;
    return heights.map((height) => EIGHTHS[Math.min(8, Math.max(0, height - below))]).join('');
  });
}
