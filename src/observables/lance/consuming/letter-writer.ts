import { concat, defer, Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import { SluiceError } from '../../../foundation/errors.js';
import { messageOf } from '../../../foundation/message-of.js';
import type { LedgerNode } from '../../delivery/core/node.js';
import type { DeadOptions, Origin } from '../../delivery/types.js';
import type { DeadLetterSink } from './consume-options.js';
import { deadLetter, type DeadLetter } from './dead-letter.js';
import { DeadLetterError } from '../connection/errors.js';

/** What of a delivery goes into a letter. */
export type LetterPart = Pick<DeadLetter, 'position' | 'type' | 'value'>;

/** Writes the dead letters of one session. */
export class LetterWriter {
  private readonly writing = new Subscription();

  constructor(
    private readonly sink: DeadLetterSink,
    private readonly origin: Omit<Origin, 'position'>,
  ) {}

  /** Writes parts of a delivery one after the other. `then` is never called inside: settling must not call back. */
  write(
    node: LedgerNode,
    options: DeadOptions,
    parts: readonly LetterPart[],
    then: (error?: DeadLetterError) => void,
  ): void {
    const times = { firstAtMs: node.sinceMs, lastAtMs: clock.now() };
    const letters = parts.map((part) => deadLetter(this.origin, node.attempt, options, { ...part, ...times }));
    const written = concat(...letters.map((letter) => defer(() => this.sink(letter))));
    this.writing.add(
      written.subscribe({
        complete: () => this.writing.add(clock.after(0, () => then())),
        error: (cause: unknown) => {
          // What passes by itself, such as a limit of the server, passes here too.
          const retryable = cause instanceof SluiceError && cause.retryable;
          const error = new DeadLetterError(`a dead letter could not be written: ${messageOf(cause)}`, {
            cause,
            retryable,
          });
          this.writing.add(clock.after(0, () => then(error)));
        },
      }),
    );
  }

  close(): void {
    this.writing.unsubscribe();
  }
}
