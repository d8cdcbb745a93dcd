import type { Credit } from './credit.js';

/** Whose status says when it lacks credit. */
export interface SignOwner {
  readonly closed: boolean;
  set(reason: 'window'): void;
  clear(reason: 'window'): void;
}

/** Shows in the status that a session stands for want of credit. */
export class WindowSign {
  private isShown = false;

  constructor(
    private readonly credit: Credit,
    private readonly owner: SignOwner,
  ) {}

  /** Credit may have changed. */
  show(): void {
    const { isShort } = this.credit;
    if (isShort === this.isShown || this.owner.closed) return;
    this.isShown = isShort;
    if (isShort) this.owner.set('window');
    else this.owner.clear('window');
  }
}
