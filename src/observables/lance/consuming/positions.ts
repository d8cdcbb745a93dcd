import { defer } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import { Committer } from '../../delivery/core/committer.js';
import { notePromise } from '../../delivery/witness.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';
import type { Saves } from '../stores/saves.js';

/** How the positions of a consumer with a name are kept. */
export interface PositionsPlan {
  readonly store: OffsetStore;
  readonly saves: Saves;
  readonly commitIntervalMs: number;
  readonly commitCount: number;
}

/** Whose positions they are. */
export interface PositionsOwner {
  readonly watermark: number;
  /** The topic that the watermark is in, and for whom it is kept. */
  readonly offsetKey: OffsetKey;
  /** A position is stored: tells the server, if that is wanted, and then calls `done`. */
  stored(key: OffsetKey, offset: number, done: () => void): void;
  notStored(error: unknown): void;
}

/** Keeps a consumer's positions in a store, beginning with the one that is there. */
export function keepPositions(
  { store, saves, commitIntervalMs: everyMs, commitCount: everyCount }: PositionsPlan,
  position: number,
  owner: PositionsOwner,
): Committer {
  const host = { after: (delayMs: number, then: () => void) => clock.after(delayMs, then) };
  return new Committer(host, position, () => owner.watermark, {
    everyMs,
    everyCount,
    save: (offset, done) => {
      const { offsetKey } = owner;
      const ended = saves.began(store, offsetKey);
      // Last: there may be another one to be saved.
      const over = (error?: unknown): void => {
        done(error);
        ended();
      };
      defer(() => notePromise('OffsetStore: save', store.save(offsetKey, BigInt(offset)))).subscribe({
        complete: () => owner.stored(offsetKey, offset, over),
        error: (error: unknown) => over(error ?? true),
      });
    },
    failed: (error) => owner.notStored(error),
  });
}
