import type { CoreHost } from './source.js';

/** What must not happen inside a call happens on the next turn: once, however often it was asked for. */
export class Turn {
  private due = false;

  constructor(
    private readonly host: Pick<CoreHost<never>, 'after'>,
    private readonly then: () => void,
  ) {}

  soon(): void {
    if (this.due) return;
    this.due = true;
    this.host.after(0, () => {
      this.due = false;
      this.then();
    });
  }
}
