const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** For people: `4 ms`, `1.5 s`, `2 min 3 s`, `5 h 1 min`. */
export function inWords(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  if (ms < 0) return `-${inWords(-ms)}`;
  if (ms < SECOND) return `${decimal(ms)} ms`;
  if (ms < MINUTE) return `${decimal(ms / SECOND)} s`;
  const parts: string[] = [];
  if (ms >= HOUR) parts.push(`${Math.floor(ms / HOUR)} h`);
  if (ms % HOUR >= MINUTE) parts.push(`${Math.floor((ms % HOUR) / MINUTE)} min`);
  if (ms % MINUTE > 0) parts.push(`${decimal((ms % MINUTE) / SECOND)} s`);
  return parts.join(' ');
}

/** For diagrams: `92ms`, `3s`, `1m 30s`; the spaces around it are not in it. */
export function asProgression(ms: number): string {
  if (ms % MINUTE === 0) return `${ms / MINUTE}m`;
  if (ms % SECOND === 0 && ms < MINUTE) return `${ms / SECOND}s`;
  if (ms < 10 * SECOND) return `${decimal(ms)}ms`;
  const parts: string[] = [];
  if (ms >= MINUTE) parts.push(`${Math.floor(ms / MINUTE)}m`);
  if (ms % MINUTE >= SECOND) parts.push(`${Math.floor((ms % MINUTE) / SECOND)}s`);
  if (ms % SECOND > 0) parts.push(`${decimal(ms % SECOND)}ms`);
  return parts.join(' ');
}

/** Without an exponent, and with no more than a nanosecond's worth of digits. */
function decimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}
