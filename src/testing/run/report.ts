import { sketch } from '../marbles/axis.js';
import { drawDiagram } from '../marbles/draw-diagram.js';
import { Letters } from '../marbles/letters.js';
import type { Legend, Recording } from '../marbles/recording.js';

/** What a run has shown. */
export interface ShownRun {
  readonly recordings: readonly { readonly name: string; readonly diagram: string }[];
}

/** Whoever collects behaviours puts a list under this key. */
const RUNS = Symbol.for('sluice.testing.runs');

/** Draws what a run has shown, if anyone in this process collects it. */
export function report(shown: ReadonlyMap<Recording, Legend | undefined>): void {
  const runs: unknown = Reflect.get(globalThis, RUNS);
  if (!Array.isArray(runs)) return;
  const recordings = Array.from(shown, ([recording, values]) => {
    const letters = new Letters(recording, [], values, undefined);
    const drawn = recording.events.map((event) => letters.draw(event));
    return { name: recording.name, diagram: drawDiagram(drawn) ?? sketch(drawn) };
  });
  (runs as ShownRun[]).push({ recordings });
}

/** Runs tests whose runs nobody is to collect: too many of the same kind. */
export function unreported<T>(tests: () => T): T {
  const runs: unknown = Reflect.get(globalThis, RUNS);
  Reflect.deleteProperty(globalThis, RUNS);
  try {
    return tests();
  } finally {
    if (runs !== undefined) Reflect.set(globalThis, RUNS, runs);
  }
}
