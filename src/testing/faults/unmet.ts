import { GuardError } from '../run/guard-error.js';
import type { MarbleRun } from '../run/marble-run.js';
import type { Fault } from './fault.js';
import { faultInWords, whyUnmet } from './letters.js';

const books = new WeakMap<MarbleRun, UnmetFaults>();

/** A fault that is to meet something. */
export interface FaultClaim {
  readonly fault: Fault;
  /** The letter of its diagram; undefined if it was applied. */
  readonly letter: string | undefined;
  /** What it happens to, such as `lance`. */
  readonly target: string | undefined;
  readonly atMs: number;
  /** The line that asked for it. */
  readonly where: Error;
}

/** The faults of a run that have not changed anything yet: a test in which they never do would pass without them. */
export class UnmetFaults {
  /** Whether faults may meet nothing: in runs that something else disturbs. */
  excused = false;
  private readonly claims = new Set<FaultClaim>();

  private constructor() {}

  static of(run: MarbleRun): UnmetFaults {
    let book = books.get(run);
    if (book === undefined) {
      const made = (book = new UnmetFaults());
      books.set(run, book);
      run.onEnd(() => made.check());
    }
    return book;
  }

  /** Returns what is to be called when it has met something. */
  add(claim: FaultClaim): () => void {
    if (claim.fault.ifAny !== true) this.claims.add(claim);
    return () => void this.claims.delete(claim);
  }

  private check(): void {
    const [first, ...more] = this.claims;
    if (first === undefined || this.excused) return;
    const [head, same] = more.length === 0 ? ['a fault', 'it'] : [`${more.length + 1} faults`, 'them'];
    const error = new GuardError(
      `${head} met nothing, so that the test would be the same without ${same}:\n` +
        `${[first, ...more].map(inWords).join('\n')}\n${advice(first)}`,
    );
    const { stack = '' } = first.where;
    error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n    at '))}`;
    throw error;
  }
}

function inWords({ fault, letter, target, atMs }: FaultClaim): string {
  const what = letter === undefined ? faultInWords(fault) : `${letter} (${faultInWords(fault)})`;
  return `  ${target === undefined ? '' : `${target}: `}${what} at ${atMs} ms: ${whyUnmet(fault)}`;
}

function advice({ fault, letter }: FaultClaim): string {
  const allowed = `fault.ifAny(fault.${fault.kind}(…))`;
  const how = letter === undefined ? `apply(${allowed})` : `{ ${letter}: ${allowed} }`;
  return `Move it to where something happens.\nIf it need not meet anything, as in a test that tries many moments: ${how}.`;
}
