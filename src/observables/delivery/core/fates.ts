import type { Fate, FateReport } from '../types.js';

/** The counts of one stream over all its epochs. */
export class Fates {
  delivered = 0;
  acked = 0;
  nacked = 0;
  dead = 0;
  abandoned = 0;
  late = 0;
  error: unknown = undefined;

  count(fate: Fate): void {
    this[fate]++;
  }

  report(): FateReport {
    const { delivered, acked, nacked, dead, abandoned, late, error } = this;
    return { delivered, acked, nacked, dead, abandoned, late, ...(error === undefined ? {} : { error }) };
  }
}

/** The fates of several streams as one. */
export function sumFates(reports: Iterable<FateReport>): FateReport {
  const sum = new Fates();
  for (const report of reports) {
    sum.delivered += report.delivered;
    sum.acked += report.acked;
    sum.nacked += report.nacked;
    sum.dead += report.dead;
    sum.abandoned += report.abandoned;
    sum.late += report.late;
    sum.error ??= report.error;
  }
  return sum.report();
}
