import type { Fates } from '../../../src/observables/delivery/core/fates.js';
import type { LedgerNode } from '../../../src/observables/delivery/core/node.js';
import type { Window } from '../../../src/observables/delivery/core/window.js';
import type { Fate } from '../../../src/observables/delivery/types.js';
import type { ManualClock } from './manual-clock.js';
import type { SourceScript } from './scripted-source.js';
import type { Session } from './session.js';

/** One thing that arrived, as the model sees it. */
export interface Entry {
  readonly session: Session;
  readonly position: number;
  readonly end: number;
  readonly bytes: number;
  readonly reserved: number;
  node: LedgerNode<Entry> | undefined;
  /** `leaving` is decided and out of the books, and may yet be confirmed. */
  state: 'ready' | 'live' | 'pending' | 'waiting' | 'leaving' | 'done';
  attempt: number;
  dueMs: number;
  emitted: boolean;
  held: boolean;
  lost: boolean;
  /** Its lease ran out. */
  takenAway: boolean;
  /** Times that it was given back to the source, and has to have been. */
  givenBack: number;
  owed: number;
  /** The watermark may pass it. */
  passed: boolean;
  /** What each attempt came to, and what those who watch it were told. */
  readonly fates: (Fate | undefined)[];
  readonly told: Fate[][];
  readonly lostTold: number[];
}

/** What all sessions of a world share. */
export interface Surroundings {
  readonly clock: ManualClock;
  readonly window: Window;
  readonly fates: Fates;
  readonly script: SourceScript;
  /** The counts as the model keeps them. */
  readonly counted: { delivered: number; acked: number; nacked: number; dead: number; abandoned: number; late: number };
  /** The call from below that is running: nobody may be called back, except by an arrival. */
  inside: string | undefined;
  emitted(entry: Entry): void;
}

/** One that has arrived. */
export function newEntry(session: Session, place: Pick<Entry, 'position' | 'end' | 'bytes' | 'reserved'>): Entry {
  return {
    session,
    ...place,
    node: undefined,
    state: 'ready',
    attempt: 1,
    dueMs: 0,
    emitted: false,
    held: false,
    lost: false,
    takenAway: false,
    givenBack: 0,
    owed: 0,
    passed: false,
    fates: [],
    told: [],
    lostTold: [],
  };
}

/** Where the watermark must stand: all that was handed out below it is settled. */
export function settledUpTo(entries: readonly Entry[]): number | undefined {
  const emitted = entries.filter((entry) => entry.emitted);
  return emitted.find(({ passed }) => !passed)?.position ?? emitted.at(-1)?.end;
}
