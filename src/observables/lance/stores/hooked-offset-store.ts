import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  endWith,
  from,
  ignoreElements,
  isObservable,
  of,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import { consumerId } from '../../../codecs/lance/consumer-id.js';
import { clock } from '../../../foundation/clock.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { messageOf } from '../../../foundation/message-of.js';
import { notePromise } from '../../delivery/witness.js';
import { checkOffsetStore } from './check-offset-store.js';
import { keyText } from './key-text.js';
import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey, OffsetStore, StoredOffset } from './offset-store.js';

/** A position that has just been stored. */
export interface OffsetCommit extends StoredOffset {
  /** The number under which other clients know the consumer (lance.md 7.7). */
  readonly consumerId: bigint;
  /** What was stored before, if this store has loaded or saved it. */
  readonly previousOffset: bigint | undefined;
  /** When it was stored, in milliseconds of Unix time. */
  readonly timeMs: number;
}

/** Is told of each position that was stored; a promise or an Observable that it returns is waited for. */
export type PostCommitHook = (commit: OffsetCommit) => unknown;

/**
 * A store that tells others of each position that it has stored: for metrics, audits, or a table that goes with the data.
 *
 * Hooks are called in their order, one after the other, each when the one before it is done. All are called, also after
 * one has failed; then the save errors with `OffsetStoreError`, which ends a stream that was saving, though the position is
 * stored. A hook that is not worth that catches its own errors.
 *
 * @example
 * import { FileOffsetStore, HookedOffsetStore, LanceClient } from 'sluice/lance';
 * const log = ({ consumer, offset }: { consumer: string; offset: bigint }) => console.log(`${consumer} is at ${offset}`);
 * const lance = new LanceClient({ offsetStore: new HookedOffsetStore(new FileOffsetStore('/var/lib/offsets'), log) });
 */
export class HookedOffsetStore implements OffsetStore {
  private readonly store: OffsetStore;
  private readonly hooks: readonly PostCommitHook[];
  private readonly previous = new Map<string, bigint>();

  /** @throws {@link InvalidOptionError} if the store is none, or a hook is no function. */
  constructor(store: OffsetStore, ...hooks: readonly PostCommitHook[]) {
    const checked = checkOffsetStore(store);
    if (checked === undefined) throw new InvalidOptionError('offsetStore', store, 'must be a store');
    for (const hook of hooks) {
      if (typeof hook !== 'function') throw new InvalidOptionError('hooks', hook, 'must be functions of a commit');
    }
    this.store = checked;
    this.hooks = hooks;
  }

  load(key: OffsetKey): Observable<bigint | undefined> {
    return defer(() => notePromise('OffsetStore: load', this.store.load(key))).pipe(
      tap((offset) => {
        if (offset !== undefined) this.previous.set(keyText(key), offset);
      }),
    );
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    return concat(
      defer(() => notePromise('OffsetStore: save', this.store.save(key, offset))).pipe(ignoreElements()),
      defer(() => this.tell(key, offset)),
    );
  }

  delete(key: OffsetKey): Observable<void> {
    return defer(() => {
      this.previous.delete(keyText(key));
      return notePromise('OffsetStore: delete', this.store.delete(key));
    }).pipe(ignoreElements(), endWith(undefined));
  }

  /** What the store inside lists; errors with `OffsetStoreError` if that one can't. */
  list(): Observable<readonly StoredOffset[]> {
    return defer(() => {
      const listed = this.store.list?.();
      if (listed === undefined) throw new OffsetStoreError('the store inside can not list its positions');
      return notePromise('OffsetStore: list', listed);
    });
  }

  private tell(key: OffsetKey, offset: bigint): Observable<void> {
    const text = keyText(key);
    const previousOffset = this.previous.get(text);
    this.previous.set(text, offset);
    const commit: OffsetCommit = {
      ...key,
      consumerId: consumerId(key.consumer),
      offset,
      previousOffset,
      timeMs: clock.date(),
    };
    const errors: unknown[] = [];
    const told = from(this.hooks).pipe(
      concatMap((hook) =>
        defer(() => done(hook(commit))).pipe(
          catchError((error: unknown) => {
            errors.push(error);
            return EMPTY;
          }),
        ),
      ),
    );
    const verdict = defer(() => (errors.length > 0 ? throwError(() => failed(commit, errors)) : of(undefined)));
    return concat(told, verdict);
  }
}

/** Completes when what a hook returned has. */
function done(returned: unknown): Observable<never> {
  const isPromise = typeof returned === 'object' && returned !== null && 'then' in returned;
  if (!isPromise && !isObservable(returned)) return EMPTY;
  const source = isPromise ? notePromise('HookedOffsetStore: a hook', returned as PromiseLike<unknown>) : returned;
  return from(source).pipe(ignoreElements());
}

function failed({ consumer, topicId, offset }: OffsetCommit, errors: readonly unknown[]): OffsetStoreError {
  const [cause] = errors;
  const message = `the position ${offset} of "${consumer}" is stored, but a hook failed: ${messageOf(cause)}`;
  return new OffsetStoreError(message, {
    cause,
    context: { consumer, topicId, offset, errors },
  });
}
