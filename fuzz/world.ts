import { config } from 'rxjs';
import { Dice } from '../soak/dice.js';
import { SystemClock, virtually } from '../soak/virtual-time.js';
import { ask } from './asking.js';
import type { Corpus } from './corpus.js';
import { fuzzCase, type FuzzCase } from './fuzz-case.js';
import { readFrames } from './reading-frames.js';
import { send } from './sending.js';
import { ServerUnderFire } from './talking-to-server.js';
import type { Tally } from './tally.js';
import { useClient } from './whole-clients.js';

/** So many cases the same server lives; then all begins anew. A failure is repeated from there. */
export const WORLD_CASES = 500;

/** How often a case of the server's side goes to a whole client: it takes as long as a hundred others. */
const WHOLE_CLIENT = 0.05;

/** Where the world begins that this case belongs to. */
export const worldOf = (number: number): number => number - (number % WORLD_CASES);

/** One case was too much. */
export class FuzzFailure extends Error {
  constructor(
    readonly bytes: Uint8Array,
    readonly number: number,
    readonly side: string,
    override readonly cause: unknown,
  ) {
    super(`case ${number}: ${String(cause)}`);
  }
}

export interface WorldPlan {
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  readonly corpus: Corpus;
  readonly tally: Tally;
  /** This case begins. */
  begins(number: number): void;
}

/** So many cases in virtual time. @throws FuzzFailure */
export function live({ seed, from, cases, corpus, tally, begins }: WorldPlan): void {
  let current = fuzzCase(seed, from, corpus);
  const unhandled: unknown[] = [];
  function* story(): Generator<number, void> {
    const server = new ServerUnderFire(new Dice(seed ^ Math.imul(from + 7, 0x85eb_ca6b)));
    for (let number = from; number < from + cases; number++) {
      current = fuzzCase(seed, number, corpus);
      begins(number);
      tally.begins(current);
      yield* play(current, server, tally);
      if (unhandled.length > 0) throw new AggregateError(unhandled, `nobody handles ${String(unhandled[0])}`);
    }
    yield* server.end();
  }
  const { onUnhandledError } = config;
  config.onUnhandledError = (error) => unhandled.push(error);
  try {
    virtually(seed ^ from, story(), new SystemClock());
    if (unhandled.length > 0) throw new AggregateError(unhandled, `nobody handles ${String(unhandled[0])}`);
  } catch (error) {
    // What nobody handles is most likely why.
    const cause = error instanceof AggregateError ? error : withCauses(error, unhandled);
    throw new FuzzFailure(current.bytes, current.number, current.side, cause);
  } finally {
    config.onUnhandledError = onUnhandledError;
  }
}

const withCauses = (error: unknown, causes: readonly unknown[]): unknown =>
  causes.length === 0 ? error : new AggregateError([error, ...causes], String(error));

function* play(one: FuzzCase, server: ServerUnderFire, tally: Tally): Generator<number, void> {
  if (one.side === 'client') yield* server.talk(one, tally);
  else if (one.dice.chance(WHOLE_CLIENT)) yield* useClient(one, tally);
  else {
    readFrames(one, tally);
    if (one.dice.chance(0.5)) ask(one, tally);
    else send(one, tally);
  }
}
