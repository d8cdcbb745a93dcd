import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Behaviour, Drawn } from './behaviour.js';

const ROOT = join(__dirname, '../..');
/** Where `marbles` leaves what a run has shown, if there is a list. */
const RUNS = Symbol.for('sluice.testing.runs');

const { testPath = '' } = expect.getState();
const file = relative(ROOT, testPath).split(sep).join('/');

/** Notes what each test of the specification has drawn, for the index of behaviours. */
if (file.startsWith('marble-tests/')) {
  const behaviours: Behaviour[] = [];
  let shown: readonly Drawn[] = [];

  beforeEach(() => {
    shown = [];
    // One picture is enough for a test that runs many times.
    const first = {
      push({ recordings }: { readonly recordings: readonly Drawn[] }) {
        shown = recordings;
        Reflect.deleteProperty(globalThis, RUNS);
      },
    };
    Reflect.set(globalThis, RUNS, Object.setPrototypeOf([], first));
  });

  afterEach(() => {
    Reflect.deleteProperty(globalThis, RUNS);
    behaviours.push({ name: expect.getState().currentTestName ?? '', drawn: shown });
  });

  afterAll(() => {
    const notes = join(ROOT, '.cache/marble-index', `${file}.json`);
    mkdirSync(dirname(notes), { recursive: true });
    writeFileSync(notes, JSON.stringify(behaviours));
  });
}
