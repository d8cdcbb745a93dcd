import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';

/** What crashes: the connections to a server, the server, a program. */
export type CrashKind = 'connection' | 'server' | 'process';

/** Options of {@link everyCrashPoint}. */
export interface CrashOptions {
  /** What is tested, for messages (default `everyCrashPoint`). */
  readonly name?: string | undefined;
  /** What crashes (default: all three, as far as the scenario has them). */
  readonly crashes?: readonly CrashKind[] | undefined;
  /** How long a server that crashed is down, in milliseconds (default 200). */
  readonly downMs?: number | undefined;
  /** How long it takes until a program that crashed begins again, in milliseconds (default 100). */
  readonly restartMs?: number | undefined;
  /** Only the point with this number, to look into it (default: all of them). */
  readonly only?: number | undefined;
  /** As for `marbles`: what chance begins with in every run (default 1). */
  readonly seed?: number | undefined;
}

/** {@link CrashOptions} with their defaults. */
export interface ResolvedCrashOptions {
  readonly name: string;
  readonly crashes: readonly CrashKind[];
  readonly downMs: number;
  readonly restartMs: number;
  readonly only: number | undefined;
  readonly seed: number;
}

const KINDS: readonly CrashKind[] = ['connection', 'server', 'process'];

/** @throws {@link InvalidOptionError} */
export function crashOptions(options: CrashOptions): ResolvedCrashOptions {
  const where = 'everyCrashPoint';
  const names = { name: true, crashes: true, downMs: true, restartMs: true, only: true, seed: true } as const;
  const {
    name = where,
    crashes = KINDS,
    downMs = 200,
    restartMs = 100,
    only,
    seed = 1,
  } = onlyKnown(where, options, names);
  if (crashes.length === 0 || crashes.some((kind) => !KINDS.includes(kind))) {
    throw new InvalidOptionError(`${where}.crashes`, crashes, `must be some of ${KINDS.join(', ')}`);
  }
  milliseconds(`${where}.downMs`, downMs);
  milliseconds(`${where}.restartMs`, restartMs);
  if (only !== undefined) integerIn(`${where}.only`, only, 1, Number.MAX_SAFE_INTEGER);
  return { name, crashes, downMs, restartMs, only, seed };
}
