import type { Fates } from './fates.js';
import type { CoreHost } from './source.js';

/** Whose end it is. */
export interface EndingOwner {
  readonly draining: boolean;
  /** Nothing is unsettled or waits to be handed out. */
  readonly empty: boolean;
  /** Fetches that are out. */
  readonly outstanding: number;
  readonly fates: Fates;
}

/** How a session comes to its end by itself: its source has no more, or it can't go on. */
export class Ending {
  /** The source has no more. */
  isNear = false;
  failure: { readonly error: unknown } | undefined = undefined;

  constructor(
    private readonly host: Pick<CoreHost<never>, 'complete' | 'error'>,
    private readonly owner: EndingOwner,
  ) {}

  /** The first failure counts. */
  fail(error: unknown): void {
    this.failure ??= { error };
  }

  get isHere(): boolean {
    const { owner } = this;
    // First what is cheap: it is asked at every settle.
    if (!this.isNear && !owner.draining) return false;
    return owner.empty && (owner.draining || owner.outstanding === 0);
  }

  /** Tells the subscriber that this was all, if it was. */
  conclude(): void {
    const { failure, host, owner } = this;
    if (failure === undefined) {
      if (this.isHere) host.complete();
    } else if (owner.draining) {
      owner.fates.error ??= failure.error;
      host.complete();
    } else host.error(failure.error);
  }
}
