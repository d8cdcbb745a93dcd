import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { Respondent } from '../../../benchmarks/harness/questions.js';
import { brokenBounds } from '../bounds.js';
import { settling, standing } from '../pipelines.js';
import { BOUNDS, EARLY, MESSAGES, WINDOW, type Companion, type HotFigures, type HotQuestion } from './question.js';

const SLOW = { slowMs: 1, lateMs: 25 };
const WINDOWED = { window: WINDOW, slowness: SLOW, standMs: 200, limitMs: 20_000 };
/** So late that all of the queue could be in the pipeline. */
const UNLIMITED = {
  window: { deliveries: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER },
  slowness: { slowMs: 100, lateMs: 5000 },
  standMs: 0,
  limitMs: 20_000,
};

const all = [...settling, ...standing];
const companions: readonly Companion[] = [true, false].flatMap((votes) =>
  [false, true].flatMap((joinsLate) => [false, true].map((leavesEarly) => ({ votes, joinsLate, leavesEarly }))),
);

function nameOf({ votes, joinsLate, leavesEarly }: Companion): string {
  const who = votes ? 'a voter' : 'a non-voter';
  return `${who} that ${joinsLate ? 'joins late' : 'is there from the start'} and ${leavesEarly ? 'leaves early' : 'stays'}`;
}

const besides = (pipelines: readonly string[]): [string, string, Companion][] =>
  pipelines.flatMap((pipeline) =>
    companions.map((companion): [string, string, Companion] => [pipeline, nameOf(companion), companion]),
  );

describe('hostile pipelines on a hot queue of 13 MB, beside a second subscriber', () => {
  let reader: Respondent<HotQuestion>;

  beforeAll(() => {
    const child = fork(resolve('tests/memory/flo/pipeline-process.ts'), {
      execArgv: ['--expose-gc', '--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    reader = new Respondent<HotQuestion>(child, 'pipelines on a hot queue');
  });
  afterAll(() => reader.release());

  test.each(besides(settling))('%s, %s: every message is acked within the window', async (pipeline, _, companion) => {
    const figures = await reader.ask<HotFigures>({ pipeline, companion, ...WINDOWED });
    // What a voter took away with it comes again; a non-voter takes nothing.
    const again = companion.votes && companion.leavesEarly ? EARLY : 0;
    expect(brokenBounds(figures, BOUNDS)).toEqual([]);
    expect(figures.unsettled).toBeGreaterThan(WINDOW.bytes / 2);
    expect(figures.queue).toMatchObject({ ready: 0, leased: 0, dead: 0, acked: MESSAGES, nacked: again });
    expect(figures.fate).toEqual({ delivered: MESSAGES + again, acked: MESSAGES, abandoned: again });
    expectSeen(figures, companion);
  });

  test.each(besides(standing))('%s, %s: stands at a full window', async (pipeline, _, companion) => {
    const figures = await reader.ask<HotFigures>({ pipeline, companion, ...WINDOWED });
    expect(brokenBounds(figures, BOUNDS)).toEqual([]);
    expect(figures.unsettled).toBe(WINDOW.bytes);
    expect(figures.queue).toMatchObject({ leased: WINDOW.deliveries, dead: 0, acked: 0, nacked: 0 });
    expect(figures.fate).toEqual({ delivered: WINDOW.deliveries, acked: 0, abandoned: 0 });
    expectSeen(figures, companion);
  });

  test.each(all)('%s that leaves, a voter stays: every message is acked in the end', async (pipeline) => {
    const companion = { votes: true, joinsLate: false, leavesEarly: false };
    const figures = await reader.ask<HotFigures>({ pipeline, companion, firstLeaves: true, ...WINDOWED });
    const { abandoned } = figures.fate;
    expect(abandoned).toBeGreaterThan(0);
    expect(brokenBounds(figures, BOUNDS)).toEqual([]);
    expect(figures.queue).toMatchObject({ ready: 0, leased: 0, dead: 0, acked: MESSAGES, nacked: abandoned });
    expect(figures.fate).toEqual({ delivered: MESSAGES + abandoned, acked: MESSAGES, abandoned });
  });

  test.each(all)('%s that leaves, a non-voter stays: everything unsettled goes back', async (pipeline) => {
    const companion = { votes: false, joinsLate: false, leavesEarly: false };
    const figures = await reader.ask<HotFigures>({ pipeline, companion, firstLeaves: true, ...WINDOWED });
    const { delivered, acked } = figures.fate;
    expect(brokenBounds(figures, BOUNDS)).toEqual([]);
    expect(figures.queue).toMatchObject({ ready: MESSAGES - acked, leased: 0, dead: 0, acked });
    expect(figures.fate.abandoned).toBe(delivered - acked);
    expect(figures.seen).toBe(delivered);
  });

  test.each(all)('%s: breaks both bounds when the window is unlimited', async (pipeline) => {
    const companion = { votes: true, joinsLate: false, leavesEarly: false };
    const figures = await reader.ask<HotFigures>({ pipeline, companion, ...UNLIMITED });
    expect(brokenBounds(figures, BOUNDS)).toHaveLength(2);
  });
});

/** The second subscriber was there, and for as long as it should be. */
function expectSeen({ seen, fate }: HotFigures, { joinsLate, leavesEarly }: Companion): void {
  if (leavesEarly) expect(seen).toBe(EARLY);
  else if (joinsLate) expect([seen > 0, seen < fate.delivered]).toEqual([true, true]);
  else expect(seen).toBe(fate.delivered);
}
