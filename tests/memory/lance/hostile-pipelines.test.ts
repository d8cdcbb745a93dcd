import { fork, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { Respondent } from '../../../benchmarks/harness/questions.js';
import { brokenBounds } from '../bounds.js';
import { settling, standing } from '../pipelines.js';
import { BOUNDS, FRAME_BYTES, WINDOW_BYTES, type PipelineFigures, type PipelineQuestion } from './question.js';

const WATCHED = { standMs: 1200, limitMs: 20_000 };
const WINDOW = { deliveries: 8, bytes: WINDOW_BYTES };
const UNLIMITED = { deliveries: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };

/** Runs one pipeline in a fresh process with a server of its own; 200 MB of topic go through. */
async function run(pipeline: string, window: PipelineQuestion['window']): Promise<PipelineFigures> {
  const child: ChildProcess = fork(resolve('tests/memory/lance/pipeline-process.ts'), {
    execArgv: ['--expose-gc', '--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const process = new Respondent<PipelineQuestion>(child, pipeline);
  try {
    return await process.ask<PipelineFigures>({ pipeline, window, ...WATCHED });
  } finally {
    process.release();
  }
}

describe('hostile pipelines over a topic of 200 MB', () => {
  test.each(settling)(
    '%s: is read to the end within the window',
    async (pipeline) => {
      const figures = await run(pipeline, WINDOW);
      expect(brokenBounds(figures, BOUNDS)).toEqual([]);
      expect(figures.settled).toBe(figures.end);
      expect(figures.unsettled).toBeGreaterThan(WINDOW_BYTES - FRAME_BYTES);
    },
    30_000,
  );

  test.each(standing)(
    '%s: stands at a full window',
    async (pipeline) => {
      const figures = await run(pipeline, WINDOW);
      expect(brokenBounds(figures, BOUNDS)).toEqual([]);
      expect(figures.settled).toBe(0);
      expect(figures.unsettled).toBeGreaterThan(WINDOW_BYTES - FRAME_BYTES);
    },
    30_000,
  );

  test.each([...settling, ...standing])(
    '%s: breaks the bound when the window is unlimited',
    async (pipeline) => {
      const figures = await run(pipeline, UNLIMITED);
      expect(brokenBounds(figures, BOUNDS)).not.toEqual([]);
    },
    30_000,
  );
});
