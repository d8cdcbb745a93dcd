import { InvalidOptionError } from '../../foundation/errors.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import { asynchronous } from './dead-ends.js';
import type { MarbleRun } from './marble-run.js';
import { isAsync } from './script.js';

/**
 * Does what the letters of a diagram stand for, at their moments.
 *
 * @throws InvalidOptionError for a letter that stands for nothing.
 */
export function schedule(run: MarbleRun, diagram: string, deeds: Readonly<Record<string, () => unknown>>): void {
  const { moments } = parseDiagram(diagram);
  for (const { atMs, kind, letter } of moments) {
    const deed = kind === 'next' && letter !== undefined ? deeds[letter] : undefined;
    if (deed === undefined) {
      throw new InvalidOptionError('at', diagram, `each letter stands for one of { ${Object.keys(deeds).join(', ')} }`);
    }
    const fromNowMs = atMs - run.nowMs;
    if (fromNowMs < 0) throw new InvalidOptionError('at', diagram, `nothing lies before now, which is ${run.nowMs} ms`);
    run.lasts(atMs);
    run.scheduler.schedule(() => {
      run.worked();
      if (isAsync(deed())) run.fail(asynchronous(`at: what is done at ${atMs} ms`));
    }, fromNowMs);
  }
}
