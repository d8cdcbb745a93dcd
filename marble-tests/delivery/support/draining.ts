import { map, type Observable } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import type { FateReport } from '../../../src/observables/delivery/types.js';
import type { ScriptedLog } from './scripted-log.js';

/** A report on nothing, to be spread into others. */
export const NO_FATES = { delivered: 0, acked: 0, nacked: 0, dead: 0, abandoned: 0, late: 0 };

/** The values of a log, unsettled. */
export const values = (log: ScriptedLog): Observable<string> => log.stream.pipe(map(({ value }) => value));

/** Drains at a moment; the reports go into the list it returns, each with its time. */
export function drainAt(log: ScriptedLog, atMs: number, deadlineMs?: number): [atMs: number, report: FateReport][] {
  const reports: [number, FateReport][] = [];
  const options = deadlineMs === undefined ? {} : { deadlineMs };
  clock.after(atMs, () => log.stream.drain(options).subscribe((report) => reports.push([clock.now(), report])));
  return reports;
}
