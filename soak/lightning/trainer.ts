import { retryBackoff } from '../../src/index.js';
import { LightningStoreClient, type LightningStoreClientOptions, type Rollout } from '../../src/lightning.js';

/** An attempt that takes longer is given up by the store. */
const ATTEMPT_MS = 45_000;
const ATTEMPTS = 4;

const CONFIG = {
  timeoutMs: ATTEMPT_MS,
  maxAttempts: ATTEMPTS,
  retryCondition: ['failed', 'timeout', 'unresponsive'],
} as const;

/** Rollouts that are waited for together. */
export interface Group {
  /** Undefined until the store has told. */
  ids: readonly string[] | undefined;
  readonly count: number;
  /** How each has ended, by id, as this wait tells it; a wait that begins anew tells all of them. */
  ended: Map<string, Rollout['status']>;
  complete: boolean;
}

/** What does not fit. */
export type Complain = (what: string) => void;

/** A program that has rollouts made, and waits for them to end. */
export class Trainer {
  private readonly store: LightningStoreClient;

  constructor(
    options: LightningStoreClientOptions,
    open: readonly Group[],
    private readonly complain: Complain,
  ) {
    this.store = new LightningStoreClient('http://memory', options);
    for (const group of open) this.wait(group);
  }

  /** Has the rollouts of a group made, and waits for them. */
  make(group: Group): void {
    const rollouts = Array.from({ length: group.count }, (_, n) => ({ input: { n }, config: CONFIG }));
    const made = this.store.enqueueManyRollouts(rollouts).pipe(retryBackoff({ maxMs: 10_000, when: () => true }));
    made.subscribe((all) => {
      group.ids = all.map(({ rolloutId }) => rolloutId);
      this.wait(group);
    });
  }

  close(): void {
    this.store.close().subscribe();
  }

  private wait(group: Group): void {
    const { ids } = group;
    if (ids === undefined) return;
    group.ended = new Map();
    this.store.waitForRollouts(ids, { maxAwayMs: Infinity }).subscribe({
      next: ({ rolloutId, status }) => {
        if (group.ended.has(rolloutId)) this.complain(`${rolloutId} has ended twice`);
        if (!ids.includes(rolloutId)) this.complain(`${rolloutId} has ended, for whom nobody waits`);
        group.ended.set(rolloutId, status);
      },
      error: (error: unknown) => this.complain(`the wait has failed: ${String(error)}`),
      complete: () => {
        group.complete = true;
      },
    });
  }
}
