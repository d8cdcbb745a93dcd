/** One character of a diagram that stands for something that happens. */
export interface Moment {
  /** Virtual milliseconds, which are frames of the diagram. */
  readonly atMs: number;
  readonly kind: 'next' | 'error' | 'complete';
  /** The character that is drawn: `#` for an error, `|` for the completion. */
  readonly letter: string;
}

/** Timers with fractions of a millisecond add up inexactly; what is closer than a nanosecond is one moment. */
export function roundedMs(atMs: number): number {
  return Number.isFinite(atMs) ? Math.round(atMs * 1e6) / 1e6 : atMs;
}
