import { plotError } from '../../examples/flights/plot.js';

const falling = Array.from({ length: 200 }, (_, step) => ({
  flights: step * 80,
  error: (29.7 + 1.5 * Math.exp(-step / 30)) ** 2,
}));

describe('the plot of the error', () => {
  const rows = plotError(falling, 30.35 ** 2).split('\n');

  it('falls from the top left to the bottom right', () => {
    const drawn = rows.filter((row) => /[┤│]/.test(row));
    const columns = drawn.flatMap((row) => {
      const last = Math.max(row.lastIndexOf('━'), row.lastIndexOf('┗'), row.lastIndexOf('┓'));
      return last < 0 ? [] : [last];
    });
    expect(columns.length).toBeGreaterThan(6);
    expect(columns).toEqual([...columns].sort((a, b) => a - b));
  });

  it('has axes in minutes and flights, and the baseline as a dotted line', () => {
    const text = rows.join('\n');
    expect(text).toMatch(/^31\.0┤/m);
    expect(text).toMatch(/^30\.0┤/m);
    expect(rows.filter((row) => row.includes('┈┈┈┈'))).toHaveLength(1);
    expect(text).toMatch(/^ +0 +5,000 +10,000 +15,000$/m);
    expect(text).toContain('the training mean (30.35)');
  });

  it('fits on eighty columns, without blanks at the end and without colours', () => {
    for (const row of rows) {
      expect(row.length).toBeLessThanOrEqual(80);
      expect(row).toBe(row.trimEnd());
      expect(row).not.toContain('\u001b');
    }
  });

  it('does without a plot when a run ended before there was anything to see', () => {
    expect(plotError(falling.slice(0, 1), 900)).toMatch(/too few/);
    expect(plotError(falling.slice(0, 2), 900)).toContain('┤');
  });

  it('has fewer flights on its axis after a run that was stopped early', () => {
    expect(plotError(falling.slice(0, 20), 900)).toMatch(/^ +0 +500 +1,000 +1,500$/m);
  });

  it('survives a model that never changes', () => {
    const flat = falling.map(({ flights }) => ({ flights, error: 900 }));
    expect(plotError(flat, 900)).toContain('30.0┤');
  });
});
