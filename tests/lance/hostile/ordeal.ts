import { SluiceError } from '../../../src/foundation/errors.js';
import { until, type Script } from '../../../src/testing.js';
import type { Bully } from './bully.js';
import type { Misbehaviour } from './misbehaviours.js';
import type { VictimKind, Way } from './victims.js';

interface Ordeal {
  readonly kind: VictimKind;
  readonly deed: Misbehaviour;
  readonly bully: Bully;
  readonly way: Way;
  /** How many connections the server still has. */
  readonly connections: () => number;
  /** The bully does not stop. */
  readonly always: boolean;
}

/** An error that is told once, is one of the library's, and says what is known of what was sent. */
export function* expectRightEnd({ kind, deed, bully, way, connections, always }: Ordeal): Script {
  const victim = kind.make(way);
  const values: unknown[] = [];
  const ends: unknown[] = [];
  const work = victim.work.subscribe({
    next: (value) => values.push(value),
    complete: () => ends.push('complete'),
    error: (error) => ends.push(error),
  });
  yield* until(() => ends.length > 0, 10_000);
  // A second end, or anything behind it, would come at once.
  yield 5;
  expect(ends).toHaveLength(1);
  expect(work.closed).toBe(true);
  expect(bully.misdeeds).toBeGreaterThan(0);
  const code = deed[kind.waits];
  // Who asks again gets a good answer, unless the server has said in good form that it will not.
  const recovers = code === undefined || (!always && kind.retries && code !== 'LANCE_SERVER');
  if (recovers) {
    expect(ends).toEqual(['complete']);
    expect(values).toEqual(kind.values);
  } else {
    const [error] = ends;
    if (!(error instanceof SluiceError)) throw new Error(`ended with ${String(error)}`, { cause: error });
    expect(code.split(' or ')).toContain(error.code);
    expect(values).toEqual([]);
    if (kind.waits === 'sender') {
      expect(error.context['outcome']).toBe(code === 'LANCE_SERVER' ? 'refused' : 'unknown');
      expect(bully.acked).toBe(0);
    }
  }
  victim.close().subscribe({ error: (error: unknown) => ends.push(error) });
  yield* until(() => connections() === 0, 2_000);
}
