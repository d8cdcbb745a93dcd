import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { Respondent } from '../../../benchmarks/harness/questions.js';
import { brokenBounds } from '../bounds.js';
import { settling, standing } from '../pipelines.js';
import {
  BOUNDS,
  EARLY,
  MESSAGE_BYTES,
  MESSAGES,
  WINDOW,
  type Companion,
  type HotFigures,
  type HotQuestion,
} from './question.js';

const WATCHED = { standMs: 400, limitMs: 20_000 };
const UNLIMITED = { deliveries: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };
const NOBODY_LEFT = { votes: true, joinsLate: false, leavesEarly: false };

const companions: readonly Companion[] = [true, false].flatMap((votes) =>
  [false, true].flatMap((joinsLate) => [false, true].map((leavesEarly) => ({ votes, joinsLate, leavesEarly }))),
);

function nameOf({ votes, joinsLate, leavesEarly }: Companion): string {
  return `${votes ? 'a voter' : 'a non-voter'} that ${joinsLate ? 'joins late' : 'is there from the start'} and ${leavesEarly ? 'leaves early' : 'stays'}`;
}

const cases = (pipelines: readonly string[]): [string, string, Companion][] =>
  pipelines.flatMap((pipeline) =>
    companions.map((companion): [string, string, Companion] => [pipeline, nameOf(companion), companion]),
  );

describe('hostile pipelines on a hot queue of 26 MB, beside a second subscriber', () => {
  let last: HotFigures | undefined;
  let reader: Respondent<HotQuestion>;

  beforeAll(() => {
    const child = fork(resolve('tests/memory/flo/pipeline-process.ts'), {
      execArgv: ['--expose-gc', '--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    reader = new Respondent<HotQuestion>(child, 'pipelines on a hot queue');
  });
  afterAll(() => reader.release());

  const run = async (pipeline: string, companion: Companion, window: HotQuestion['window']): Promise<HotFigures> =>
    (last = await reader.ask<HotFigures>({ pipeline, companion, window, ...WATCHED }));

  afterEach(() => console.log(expect.getState().currentTestName?.slice(65), last && JSON.stringify(last)));
  test.each(cases(settling))('%s, %s: every message is acked within the window', async (pipeline, _, companion) => {
    const figures = await run(pipeline, companion, WINDOW);
    expect(brokenBounds(figures, BOUNDS)).toEqual([]);
    expect(figures.unsettled).toBe(WINDOW.bytes);
    // What a voter took away with it comes again; a non-voter takes nothing.
    const again = companion.votes && companion.leavesEarly ? EARLY : 0;
    expect(figures.queue).toMatchObject({ ready: 0, leased: 0, dead: 0, acked: MESSAGES, nacked: again });
    expect(figures.fate).toEqual({ delivered: MESSAGES + again, acked: MESSAGES, abandoned: again });
    expectSeen(figures, companion);
  });

  test.each(cases(standing))('%s, %s: stands at a full window', async (pipeline, _, companion) => {
    const figures = await run(pipeline, companion, WINDOW);
    expect(brokenBounds(figures, BOUNDS)).toEqual([]);
    expect(figures.unsettled).toBe(WINDOW.bytes);
    expect(figures.queue).toMatchObject({ leased: WINDOW.deliveries, dead: 0, acked: 0, nacked: 0 });
    expect(figures.fate).toEqual({ delivered: WINDOW.deliveries, acked: 0, abandoned: 0 });
    expectSeen(figures, companion);
  });

  test.each([...settling, ...standing])('%s: breaks each bound when the window is unlimited', async (pipeline) => {
    const figures = await run(pipeline, NOBODY_LEFT, UNLIMITED);
    expect(brokenBounds(figures, BOUNDS)).toHaveLength(2);
    expect(figures.unsettled).toBeGreaterThan((MESSAGES / 2) * MESSAGE_BYTES);
  });
});

/** The second subscriber was there, and for as long as it should be. */
function expectSeen({ seen, fate }: HotFigures, { joinsLate, leavesEarly }: Companion): void {
  if (leavesEarly) expect(seen).toBe(EARLY);
  else if (joinsLate) expect([seen > 0, seen < fate.delivered]).toEqual([true, true]);
  else expect(seen).toBe(fate.delivered);
}
