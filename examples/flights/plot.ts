import { plot } from 'simple-ascii-chart';

/** The model's error on the test set after it has seen so many flights. */
export interface CurvePoint {
  readonly flights: number;
  /** Mean squared error, in minutes². */
  readonly error: number;
}

const WIDTH = 64;
const HEIGHT = 12;

/**
 * Draws the error as it falls, and the error of the baseline as a dotted line. Shown is the root of the squared error:
 * by how many minutes a prediction is typically off.
 */
export function plotError(curve: readonly CurvePoint[], baselineError: number): string {
  if (curve.length < 2) return '(too few training steps for a plot)';
  const line = onePerColumn(curve).map(({ flights, error }): [number, number] => [flights, Math.sqrt(error)]);
  const baseline = Math.sqrt(baselineError);
  const errors = [...line.map(([, minutes]) => minutes), baseline];
  const top = Math.max(...errors);
  const bottom = Math.min(...errors);
  const chart = plot(line, {
    width: WIDTH,
    height: HEIGHT,
    yRange: [bottom, top],
    customXAxisTicks: ticks(0, line.at(-1)?.[0] ?? 0),
    customYAxisTicks: ticks(bottom, top),
    thresholds: [{ y: baseline }],
    symbols: { thresholds: { x: '┈', y: '┈' } },
    formatter: (value, { axis }) => (axis === 'y' ? value.toFixed(1) : value.toLocaleString('en-US')),
  });
  const rows = chart
    .split('\n')
    .map((row) => row.trimEnd())
    .filter((row) => row !== '');
  const legend = `━ the model   ┈ the training mean (${baseline.toFixed(2)})`;
  return ['Off by so many minutes on later flights, after so many flights seen', ...rows, legend].join('\n');
}

/** Several points in one column would be drawn over each other. */
function onePerColumn(curve: readonly CurvePoint[]): CurvePoint[] {
  const columns = Math.min(WIDTH, curve.length);
  return Array.from({ length: columns }, (_, column) => {
    return curve[Math.round((column * (curve.length - 1)) / (columns - 1))] as CurvePoint;
  });
}

/** Some four round numbers in a range. */
function ticks(from: number, to: number): number[] {
  const step = roundUp((to - from) / 4) || 1;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** The next of 1, 2, 5, 10, 20, 50 … (or 0.5, 0.2, 0.1 …); 0 for 0. */
function roundUp(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * ([1, 2, 5].find((digit) => digit * power >= size) ?? 10);
}
