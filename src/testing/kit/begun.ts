import { at } from '../run/expectations.js';
import { GuardError } from '../run/guard-error.js';
import type { Caller, MarbleRun } from '../run/marble-run.js';

/** Expectations that a test has begun to state: until they say what they expect, they expect nothing. */
export class Begun {
  private readonly unsaid = new Map<object, { readonly what: string; readonly where: Error }>();
  private isOver = false;

  constructor(run: MarbleRun) {
    run.onEnd(() => this.check());
    run.onOver(() => (this.isOver = true));
  }

  /** Notes one that begins where `above` is called; returns what is to be called when it says what it expects. */
  begin(what: string, above: Caller): () => void {
    const expectation = {};
    const where = new Error('where');
    Error.captureStackTrace(where, above);
    this.unsaid.set(expectation, { what, where });
    return () => {
      this.mustRun(what);
      this.unsaid.delete(expectation);
    };
  }

  /** @throws {@link GuardError} when the run is over: nothing is compared any more. */
  mustRun(what: string): void {
    if (!this.isOver) return;
    throw new GuardError(
      `${what}: its expectation is stated after the run, when nothing is compared any more: state it inside marbles(…), ` +
        'or compare a recording with expect(recording).toMatchMarbles(…)',
    );
  }

  private check(): void {
    const [first, ...more] = this.unsaid.values();
    if (first === undefined) return;
    const others = more.length === 0 ? '' : `, and ${more.length} more like it`;
    const message = `${first.what} expects nothing, since it has no .toBe('…')${others}: the test would be the same without it`;
    throw at(first.where, new GuardError(message));
  }
}
