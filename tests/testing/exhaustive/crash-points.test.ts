import { everyCrashPoint } from '../../../src/testing/exhaustive/every-crash-point.js';
import { produce, SUM, sumOf } from './scenarios.js';

it('produce', () => {
  const t = performance.now();
  const report = everyCrashPoint(produce, ({ stored, acked }, point) => {
    if (point === undefined) console.log(stored, acked);
    expect(sumOf(new Set(stored))).toBe(SUM);
    expect(sumOf(acked)).toBe(SUM);
  });
  console.log(report, performance.now() - t);
});
