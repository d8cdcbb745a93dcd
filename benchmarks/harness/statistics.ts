/** Median and range. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How single values are distributed. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The spread of `values`; NaN throughout when there are none. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Undefined when there are no values. */
export function quantiles(values: readonly number[]): Quantiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Rounds for people and for JSON: three digits after the point. */
export function rounded({ median, min, max }: Spread): Spread {
  return { median: round(median), min: round(min), max: round(max) };
}

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));
